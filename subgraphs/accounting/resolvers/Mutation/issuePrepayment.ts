import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.issuePrepayment */
export const issuePrepayment: MutationResolvers['issuePrepayment'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.issuePrepayment(context, input));
