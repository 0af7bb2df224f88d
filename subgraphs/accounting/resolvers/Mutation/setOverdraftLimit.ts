import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.setOverdraftLimit */
export const setOverdraftLimit: MutationResolvers['setOverdraftLimit'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.setOverdraftLimit(context, input));
