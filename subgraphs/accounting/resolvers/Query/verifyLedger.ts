import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.verifyLedger */
export const verifyLedger: QueryResolvers['verifyLedger'] = (_parent, _arguments, { usecases, viewer }) =>
  usecases.verifyLedger(viewer);
