import type { UserResolvers } from '../generated/resolvers.js';

/** What storage adds to a person. Whether there is such a person is for identity to say. */
export const User = {
  __resolveReference: ({ id }) => ({ id }),
  drives: ({ id }, page, { usecases, loaders, viewer }) => usecases.listDrives(loaders, viewer, id, page),
} satisfies Partial<UserResolvers>;
