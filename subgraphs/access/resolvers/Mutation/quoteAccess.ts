import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const quoteAccess: MutationResolvers['quoteAccess'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.quoteAccess(context, input), (quote) => ({ quote }));
