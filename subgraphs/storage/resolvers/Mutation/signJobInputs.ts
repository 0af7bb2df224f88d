import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.signJobInputs */
export const signJobInputs: MutationResolvers['signJobInputs'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.signJobInputs(context, input), (inputs) => ({ inputs }));
