import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.recordUsage */
export const recordUsage: MutationResolvers['recordUsage'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.recordUsage(context, input), ({ results, charged }) => ({ results, charged }));
