import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Takes waiting jobs on a lease. */
export const claimJobs: MutationResolvers['claimJobs'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.claimJobs(context, input), (leases) => ({ leases }));
