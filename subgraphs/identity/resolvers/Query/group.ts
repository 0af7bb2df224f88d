import type { QueryResolvers } from '../../generated/resolvers.js';

export const group: QueryResolvers['group'] = (_parent, { id }, context) => context.usecases.getGroup(context, id);
