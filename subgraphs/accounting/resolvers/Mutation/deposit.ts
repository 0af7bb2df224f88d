import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.deposit */
export const deposit: MutationResolvers['deposit'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.deposit(context, input));
