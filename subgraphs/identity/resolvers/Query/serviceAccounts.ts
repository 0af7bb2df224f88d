import type { QueryResolvers } from '../../generated/resolvers.js';

export const serviceAccounts: QueryResolvers['serviceAccounts'] = (_parent, page, context) =>
  context.usecases.listServiceAccounts(context, page);
