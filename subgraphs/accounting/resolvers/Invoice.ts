import type { InvoiceResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** An invoice or a credit note. */
export const Invoice = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findInvoice(viewer, id, loaders),
  lines: ({ id }, _arguments, { loaders }) => loaders.linesOf.load(id),
  payer: ({ payerId }, _arguments, context) => accountOf(payerId, context),
  payee: ({ payeeId }, _arguments, context) => accountOf(payeeId, context),
  receipts: ({ id }, _arguments, { loaders }) => loaders.receiptsOf.load(id),
  credits: ({ id }, _arguments, { loaders }) => loaders.creditsOf.load(id),
} satisfies Partial<InvoiceResolvers>;
