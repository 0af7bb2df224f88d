import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.extendHold */
export const extendHold: MutationResolvers['extendHold'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.extendHold(context, input));
