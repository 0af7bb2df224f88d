import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.openAccount */
export const openAccount: MutationResolvers['openAccount'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.openAccount(context, input));
