import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Keeps leases and answers which jobs to end. */
export const heartbeat: MutationResolvers['heartbeat'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.heartbeat(context, input), (cancel) => ({ cancel }));
