import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.approveAdjustment */
export const approveAdjustment: MutationResolvers['approveAdjustment'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.approveAdjustment(context, input));
