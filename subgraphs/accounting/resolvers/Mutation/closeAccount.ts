import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.closeAccount */
export const closeAccount: MutationResolvers['closeAccount'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.closeAccount(context, input));
