import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Takes how jobs go. */
export const reportJobs: MutationResolvers['reportJobs'] = async (_root, { input }, context) => {
  const updates = input.updates.map(({ exitCode, reason, startedAt, endedAt, logSequence, ...update }) => ({
    ...update,
    exitCode: exitCode ?? null,
    reason: reason ?? null,
    startedAt: startedAt ?? null,
    endedAt: endedAt ?? null,
    logSequence: logSequence ?? null,
  }));
  const result = await context.usecases.reportJobs(context, { clusterId: input.clusterId, updates });
  return toPayload(result, (results) => ({ results }));
};
