import type { AdjustmentResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** An adjustment. */
export const Adjustment = {
  debit: ({ debitId }, _arguments, context) => accountOf(debitId, context),
  credit: ({ creditId }, _arguments, context) => (creditId === null ? null : accountOf(creditId, context)),
  proposedBy: ({ proposedById }) => ({ id: proposedById }),
  decidedBy: ({ decidedById }) => (decidedById === null ? null : { id: decidedById }),
  transfer: ({ transferId }, _arguments, { loaders }) =>
    transferId === null ? null : loaders.transfer.load(transferId),
} satisfies Partial<AdjustmentResolvers>;
