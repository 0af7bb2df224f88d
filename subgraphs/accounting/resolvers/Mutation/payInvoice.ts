import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.payInvoice */
export const payInvoice: MutationResolvers['payInvoice'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.payInvoice(context, input, context.loaders));
