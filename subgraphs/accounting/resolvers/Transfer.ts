import type { TransferResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** A transfer. Whoever sees it sees the hold and the invoice that it stands for. */
export const Transfer = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findTransfer(viewer, id, loaders),
  debit: ({ debitId }, _arguments, context) => accountOf(debitId, context),
  credit: ({ creditId }, _arguments, context) => accountOf(creditId, context),
  reversalOf: ({ reversesId }, _arguments, { loaders }) =>
    reversesId === null ? null : loaders.transfer.load(reversesId),
  reversedBy: async ({ id }, _arguments, { loaders }) => [...(await loaders.reversalsOf.load(id))],
  hold: ({ holdId }, _arguments, { loaders }) => (holdId === null ? null : loaders.hold.load(holdId)),
  invoice: ({ invoiceId }, _arguments, { loaders }) => (invoiceId === null ? null : loaders.invoice.load(invoiceId)),
} satisfies Partial<TransferResolvers>;
