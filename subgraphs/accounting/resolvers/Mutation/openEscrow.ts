import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.openEscrow */
export const openEscrow: MutationResolvers['openEscrow'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.openEscrow(context, input));
