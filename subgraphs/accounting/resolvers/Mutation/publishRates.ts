import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.publishRates */
export const publishRates: MutationResolvers['publishRates'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.publishRates(context, input));
