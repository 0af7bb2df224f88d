import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.extendEscrow */
export const extendEscrow: MutationResolvers['extendEscrow'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.extendEscrow(context, input));
