import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.issueInvoice */
export const issueInvoice: MutationResolvers['issueInvoice'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.issueInvoice(context, input));
