import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.setBudget */
export const setBudget: MutationResolvers['setBudget'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.setBudget(context, input));
