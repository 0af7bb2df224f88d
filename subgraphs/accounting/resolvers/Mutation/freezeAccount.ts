import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.freezeAccount */
export const freezeAccount: MutationResolvers['freezeAccount'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.freezeAccount(context, input));
