import type { QueryResolvers } from '../../generated/resolvers.js';

export const grant: QueryResolvers['grant'] = async (_root, { id }, { usecases, viewer, loaders }) =>
  usecases.orNotFound(viewer, await usecases.findGrant(viewer, loaders, id), 'grant');
