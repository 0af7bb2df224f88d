import type { InvoiceLineResolvers } from '../generated/resolvers.js';

/** A line of an invoice or a credit note. What it credits has the payer and payee of its note, so whoever sees one sees both. */
export const InvoiceLine = {
  credits: ({ creditsId }, _arguments, { loaders }) => (creditsId === null ? null : loaders.invoice.load(creditsId)),
} satisfies Partial<InvoiceLineResolvers>;
