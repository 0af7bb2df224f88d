import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.abortUpload */
export const abortUpload: MutationResolvers['abortUpload'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.abortUpload(context, input), (upload) => ({ upload }));
