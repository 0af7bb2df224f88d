import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.reverseTransfer */
export const reverseTransfer: MutationResolvers['reverseTransfer'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.reverseTransfer(context, input));
