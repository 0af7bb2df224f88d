import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.usage */
export const usage: QueryResolvers['usage'] = (_parent, { filter, first, after }, { usecases, viewer }) =>
  usecases.listUsage(viewer, filter ?? {}, { first, after });
