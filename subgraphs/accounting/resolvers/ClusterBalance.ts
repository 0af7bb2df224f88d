import type { ClusterBalanceResolvers } from '../generated/resolvers.js';

/** What a person may still use of a cluster. */
export const ClusterBalance = {
  user: ({ userId }) => ({ id: userId }),
  group: ({ groupId }) => (groupId === null ? null : { id: groupId }),
} satisfies Partial<ClusterBalanceResolvers>;
