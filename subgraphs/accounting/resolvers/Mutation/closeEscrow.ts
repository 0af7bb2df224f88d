import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.closeEscrow */
export const closeEscrow: MutationResolvers['closeEscrow'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.closeEscrow(context, input));
