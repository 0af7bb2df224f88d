import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.releaseHold */
export const releaseHold: MutationResolvers['releaseHold'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.releaseHold(context, input));
