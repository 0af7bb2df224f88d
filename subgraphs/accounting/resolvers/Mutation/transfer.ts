import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.transfer */
export const transfer: MutationResolvers['transfer'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.transfer(context, input));
