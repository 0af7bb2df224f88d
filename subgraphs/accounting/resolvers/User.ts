import type { UserResolvers } from '../generated/resolvers.js';

/** What accounting adds to a person. Whether there is such a person is for identity to say. */
export const User = {
  __resolveReference: ({ id }) => ({ id }),
  accounts: ({ id }, page, { usecases, viewer, loaders }) => usecases.listAccounts(viewer, id, page, loaders),
} satisfies Partial<UserResolvers>;
