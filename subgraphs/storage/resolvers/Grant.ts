import type { GrantResolvers } from '../generated/resolvers.js';

/** What storage adds to a grant. Whether there is such a grant is for access to say. */
export const Grant = {
  __resolveReference: ({ id }) => ({ id }),
  drive: ({ id }, _arguments, { usecases, loaders, viewer }) => usecases.findGrantDrive(loaders, viewer, id),
} satisfies Partial<GrantResolvers>;
