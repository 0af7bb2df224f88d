import type { QueryResolvers } from '../../generated/resolvers.js';

export const quote: QueryResolvers['quote'] = async (_root, { id }, { usecases, viewer, loaders }) =>
  usecases.orNotFound(viewer, await usecases.findQuote(viewer, loaders, id), 'quote');
