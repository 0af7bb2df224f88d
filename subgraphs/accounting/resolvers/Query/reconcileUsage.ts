import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.reconcileUsage */
export const reconcileUsage: QueryResolvers['reconcileUsage'] = (_parent, { input }, { usecases, viewer }) =>
  usecases.reconcileUsage(viewer, input);
