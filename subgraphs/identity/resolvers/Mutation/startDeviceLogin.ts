import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const startDeviceLogin: MutationResolvers['startDeviceLogin'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.startDeviceLogin(input, context), (started) => started);
