import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.captureHold */
export const captureHold: MutationResolvers['captureHold'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.captureHold(context, input));
