import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.abandonEscrow */
export const abandonEscrow: MutationResolvers['abandonEscrow'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.abandonEscrow(context, input));
