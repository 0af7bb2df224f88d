import type { QueryResolvers } from '../../generated/resolvers.js';

export const viewer: QueryResolvers['viewer'] = (_parent, _arguments, context) => context.usecases.getViewer(context);
