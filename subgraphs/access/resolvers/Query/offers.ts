import type { QueryResolvers } from '../../generated/resolvers.js';

export const offers: QueryResolvers['offers'] = (_root, args, { usecases, viewer }) =>
  usecases.listOffers(viewer, args);
