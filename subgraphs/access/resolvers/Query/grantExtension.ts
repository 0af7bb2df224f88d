import type { QueryResolvers } from '../../generated/resolvers.js';

export const grantExtension: QueryResolvers['grantExtension'] = async (_root, { id }, { usecases, viewer, loaders }) =>
  usecases.orNotFound(viewer, await usecases.findGrantExtension(viewer, loaders, id), 'extension');
