import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Extends a grant's right to compute. */
export const extendAllocation: MutationResolvers['extendAllocation'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.extendAllocation(context, input), (allocation) => ({ allocation }));
