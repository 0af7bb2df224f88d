import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.unfreezeAccount */
export const unfreezeAccount: MutationResolvers['unfreezeAccount'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.unfreezeAccount(context, input));
