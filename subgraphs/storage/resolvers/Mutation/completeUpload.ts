import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.completeUpload */
export const completeUpload: MutationResolvers['completeUpload'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.completeUpload(context, input), (file) => ({ file }));
