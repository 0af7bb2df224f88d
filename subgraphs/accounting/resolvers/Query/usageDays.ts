import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.usageDays */
export const usageDays: QueryResolvers['usageDays'] = (_parent, period, { usecases, viewer }) =>
  usecases.sumUsageDays(viewer, period);
