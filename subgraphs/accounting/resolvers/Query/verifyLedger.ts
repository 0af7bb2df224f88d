import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.verifyLedger */
export const verifyLedger: QueryResolvers['verifyLedger'] = (_parent, { after }, { usecases, viewer, deadlineAt }) =>
  usecases.verifyLedger(viewer, { after: after ?? null, deadlineAt });
