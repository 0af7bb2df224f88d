import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.transfer */
export const transfer: QueryResolvers['transfer'] = (_parent, { id }, { usecases, viewer, loaders }) =>
  usecases.getTransfer(viewer, id, loaders);
