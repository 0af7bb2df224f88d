import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Adds lines to a job's log. */
export const appendJobLog: MutationResolvers['appendJobLog'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.appendJobLog(context, input), (job) => ({ job }));
