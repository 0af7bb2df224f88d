import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.charges */
export const charges: QueryResolvers['charges'] = (_parent, { by, filter, ...page }, { usecases, viewer }) =>
  usecases.sumCharges(viewer, { by, filter: filter ?? {} }, page);
