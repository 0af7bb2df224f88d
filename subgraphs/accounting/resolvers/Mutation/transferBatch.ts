import type { MutationResolvers } from '../../generated/resolvers.js';
import { toBatchOutcome } from '../../usecases/outcome.js';

/** Mutation.transferBatch */
export const transferBatch: MutationResolvers['transferBatch'] = async (_parent, { input }, context) =>
  toBatchOutcome(await context.usecases.transferBatch(context, input));
