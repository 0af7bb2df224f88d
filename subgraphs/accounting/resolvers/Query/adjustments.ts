import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.adjustments */
export const adjustments: QueryResolvers['adjustments'] = (_parent, page, { usecases, viewer }) =>
  usecases.listAdjustments(viewer, page);
