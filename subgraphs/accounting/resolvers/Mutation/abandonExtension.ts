import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.abandonExtension */
export const abandonExtension: MutationResolvers['abandonExtension'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.abandonExtension(context, input));
