import type { GroupResolvers } from '../generated/resolvers.js';

/** What accounting adds to a group. Whether there is such a group is for identity to say. */
export const Group = {
  __resolveReference: ({ id }) => ({ id }),
  accounts: ({ id }, page, { usecases, viewer, loaders }) => usecases.listAccounts(viewer, id, page, loaders),
} satisfies Partial<GroupResolvers>;
