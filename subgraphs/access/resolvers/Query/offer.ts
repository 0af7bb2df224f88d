import type { QueryResolvers } from '../../generated/resolvers.js';

export const offer: QueryResolvers['offer'] = async (_root, { id }, { usecases, viewer, loaders }) =>
  usecases.orNotFound(viewer, await usecases.findOffer(viewer, loaders, id), 'offer');
