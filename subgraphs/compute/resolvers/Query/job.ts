import type { QueryResolvers } from '../../generated/resolvers.js';

/** One job. */
export const job: QueryResolvers['job'] = (_root, { id }, context) =>
  context.usecases.getJob(context, id, (key) => context.loaders.job.load(key));
