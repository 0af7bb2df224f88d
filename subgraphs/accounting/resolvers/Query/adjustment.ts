import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.adjustment */
export const adjustment: QueryResolvers['adjustment'] = (_parent, { id }, { usecases, viewer, loaders }) =>
  usecases.findAdjustment(viewer, id, loaders);
