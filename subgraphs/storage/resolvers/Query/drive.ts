import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.drive */
export const drive: QueryResolvers['drive'] = (_parent, { id }, { usecases, loaders, viewer }) =>
  usecases.readDrive(loaders, viewer, id);
