import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const approveDeviceLogin: MutationResolvers['approveDeviceLogin'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.approveDeviceLogin(input, context), (deviceLogin) => ({ deviceLogin }));
