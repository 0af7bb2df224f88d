import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Undoes an extension. */
export const shrinkAllocation: MutationResolvers['shrinkAllocation'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.shrinkAllocation(context, input), (allocation) => ({ allocation }));
