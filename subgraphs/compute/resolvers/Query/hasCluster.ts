import type { QueryResolvers } from '../../generated/resolvers.js';

/** Whether there is a cluster. */
export const hasCluster: QueryResolvers['hasCluster'] = (_root, { id }, context) =>
  context.usecases.hasCluster(context, id);
