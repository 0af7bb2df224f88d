import type { QueryResolvers } from '../../generated/resolvers.js';

/** One cluster. */
export const cluster: QueryResolvers['cluster'] = (_root, { id }, context) =>
  context.usecases.getCluster(context, id, (key) => context.loaders.cluster.load(key));
