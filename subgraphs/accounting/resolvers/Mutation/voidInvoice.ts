import type { MutationResolvers } from '../../generated/resolvers.js';
import { toOutcome } from '../../usecases/outcome.js';

/** Mutation.voidInvoice */
export const voidInvoice: MutationResolvers['voidInvoice'] = async (_parent, { input }, context) =>
  toOutcome(await context.usecases.voidInvoice(context, input, context.loaders));
