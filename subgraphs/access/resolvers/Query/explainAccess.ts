import type { QueryResolvers } from '../../generated/resolvers.js';

export const explainAccess: QueryResolvers['explainAccess'] = (_root, { input }, context) =>
  context.usecases.explainAccess(context, input);
