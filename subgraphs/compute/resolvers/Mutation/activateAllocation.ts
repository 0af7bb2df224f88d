import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Opens a grant's right to compute. */
export const activateAllocation: MutationResolvers['activateAllocation'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.activateAllocation(context, input), (allocation) => ({ allocation }));
