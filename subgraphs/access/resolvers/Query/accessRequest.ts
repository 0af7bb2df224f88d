import type { QueryResolvers } from '../../generated/resolvers.js';

export const accessRequest: QueryResolvers['accessRequest'] = async (_root, { id }, { usecases, viewer, loaders }) =>
  usecases.orNotFound(viewer, await usecases.findAccessRequest(viewer, loaders, id), 'request');
