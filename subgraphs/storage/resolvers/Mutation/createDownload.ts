import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.createDownload */
export const createDownload: MutationResolvers['createDownload'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.createDownload(context, input), (download) => download);
