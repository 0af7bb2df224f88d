import type { GroupResolvers } from '../generated/resolvers.js';

/** What storage adds to a group. Whether there is such a group is for identity to say. */
export const Group = {
  __resolveReference: ({ id }) => ({ id }),
  drives: ({ id }, page, { usecases, loaders, viewer }) => usecases.listDrives(loaders, viewer, id, page),
} satisfies Partial<GroupResolvers>;
