import type { UsageTotalResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** Sums of usage. */
export const UsageTotal = {
  user: ({ userId }) => (userId === null ? null : { id: userId }),
  group: ({ groupId }) => (groupId === null ? null : { id: groupId }),
  account: ({ accountId }, _arguments, context) => (accountId === null ? null : accountOf(accountId, context)),
} satisfies Partial<UsageTotalResolvers>;
