import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.latestCheckpoint */
export const latestCheckpoint: QueryResolvers['latestCheckpoint'] = (_parent, _arguments, { usecases, viewer }) =>
  usecases.findCheckpoint(viewer);
