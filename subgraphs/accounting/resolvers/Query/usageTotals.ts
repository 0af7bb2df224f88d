import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.usageTotals */
export const usageTotals: QueryResolvers['usageTotals'] = (_parent, { by, filter, ...page }, { usecases, viewer }) =>
  usecases.sumUsage(viewer, { by, filter: filter ?? {} }, page);
