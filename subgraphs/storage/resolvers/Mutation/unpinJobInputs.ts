import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.unpinJobInputs */
export const unpinJobInputs: MutationResolvers['unpinJobInputs'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.unpinJobInputs(context, input), (inputs) => ({ inputs }));
