import type { QueryResolvers } from '../../generated/resolvers.js';

/** The clusters, by name. */
export const clusters: QueryResolvers['clusters'] = (_root, page, context) =>
  context.usecases.listClusters(context, page);
