import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.setMemberCap */
export const setMemberCap: MutationResolvers['setMemberCap'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.setMemberCap(context, input));
