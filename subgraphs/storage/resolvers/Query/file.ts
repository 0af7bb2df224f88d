import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.file */
export const file: QueryResolvers['file'] = (_parent, { driveId, path }, { usecases, loaders, viewer }) =>
  usecases.readFile(loaders, viewer, driveId, path);
