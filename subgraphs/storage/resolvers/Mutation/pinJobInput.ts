import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.pinJobInput */
export const pinJobInput: MutationResolvers['pinJobInput'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.pinJobInput(context, input), (jobInput) => ({ input: jobInput }));
