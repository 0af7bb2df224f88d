import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.hold */
export const hold: QueryResolvers['hold'] = (_parent, { id }, { usecases, viewer, loaders }) =>
  usecases.getHold(viewer, id, loaders);
