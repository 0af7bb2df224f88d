import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Makes a grant's right to compute. */
export const provisionAllocation: MutationResolvers['provisionAllocation'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.provisionAllocation(context, input), (allocation) => ({ allocation }));
