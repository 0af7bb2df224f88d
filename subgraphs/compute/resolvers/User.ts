import type { UserResolvers } from '../generated/resolvers.js';

/** What compute knows of a person: the jobs, shown to oneself and operators. */
export const User = {
  __resolveReference: ({ id }) => ({ id }),
  jobs: ({ id }, page, context) => context.usecases.listJobsOfUser(context, id, page),
} satisfies Partial<UserResolvers>;
