import type { ReceiptResolvers } from '../generated/resolvers.js';

/** A receipt: its transfer, and the proof that it was given out. */
export const Receipt = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findReceipt(viewer, id, loaders),
  amount: ({ transfer }) => transfer.amount,
  proof: (receipt, _arguments, { usecases }) => usecases.proveReceipt(receipt),
} satisfies Partial<ReceiptResolvers>;
