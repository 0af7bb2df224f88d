import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const leaveGroup: MutationResolvers['leaveGroup'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.leaveGroup(input, context), (group) => ({ group }));
