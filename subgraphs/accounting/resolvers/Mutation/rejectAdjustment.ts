import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.rejectAdjustment */
export const rejectAdjustment: MutationResolvers['rejectAdjustment'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.rejectAdjustment(context, input));
