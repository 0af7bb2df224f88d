import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.voidPrepayment */
export const voidPrepayment: MutationResolvers['voidPrepayment'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.voidPrepayment(context, input));
