import type { UsageRecordResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** A usage record. */
export const UsageRecord = {
  user: ({ userId }) => (userId === null ? null : { id: userId }),
  group: ({ groupId }) => (groupId === null ? null : { id: groupId }),
  account: ({ payerId }, _arguments, context) => accountOf(payerId, context),
  transfer: ({ transferId }, _arguments, { loaders }) =>
    transferId === null ? null : loaders.transfer.load(transferId),
} satisfies Partial<UsageRecordResolvers>;
