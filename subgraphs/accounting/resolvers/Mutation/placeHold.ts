import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.placeHold */
export const placeHold: MutationResolvers['placeHold'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.placeHold(context, input));
