import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Reserves the job's highest price and queues it. */
export const submitJob: MutationResolvers['submitJob'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.submitJob(context, input), (job) => ({ job }));
