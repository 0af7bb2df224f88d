import type { QueryResolvers } from '../../generated/resolvers.js';

export const signingKeys: QueryResolvers['signingKeys'] = (_parent, page, context) =>
  context.usecases.listSigningKeys(context, page);
