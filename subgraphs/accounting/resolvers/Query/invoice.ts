import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.invoice */
export const invoice: QueryResolvers['invoice'] = (_parent, { id }, { usecases, viewer, loaders }) =>
  usecases.getInvoice(viewer, id, loaders);
