import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.proposeAdjustment */
export const proposeAdjustment: MutationResolvers['proposeAdjustment'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.proposeAdjustment(context, input));
