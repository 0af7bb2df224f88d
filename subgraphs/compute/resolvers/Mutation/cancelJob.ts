import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Ends a job. */
export const cancelJob: MutationResolvers['cancelJob'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.cancelJob(context, input), (job) => ({ job }));
