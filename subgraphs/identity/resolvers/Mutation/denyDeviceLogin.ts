import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const denyDeviceLogin: MutationResolvers['denyDeviceLogin'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.denyDeviceLogin(input, context), (deviceLogin) => ({ deviceLogin }));
