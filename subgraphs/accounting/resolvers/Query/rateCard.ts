import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.rateCard */
export const rateCard: QueryResolvers['rateCard'] = (_parent, { clusterId, at }, { usecases, viewer, loaders }) =>
  usecases.findRateCard(viewer, clusterId, at ?? null, loaders);
