import type { QueryResolvers } from '../../generated/resolvers.js';

export const user: QueryResolvers['user'] = (_parent, input, context) => context.usecases.getUser(context, input);
