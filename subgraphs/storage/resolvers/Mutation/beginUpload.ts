import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.beginUpload */
export const beginUpload: MutationResolvers['beginUpload'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.beginUpload(context, input), (upload) => ({ upload }));
