import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.account */
export const account: QueryResolvers['account'] = (_parent, { id }, { usecases, viewer, loaders }) =>
  usecases.getAccount(viewer, id, loaders);
