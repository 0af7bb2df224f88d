import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.clusterBalances */
export const clusterBalances: QueryResolvers['clusterBalances'] = (_parent, wish, { usecases, viewer }) =>
  usecases.listClusterBalances(viewer, wish);
