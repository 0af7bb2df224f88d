import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const setGroupRole: MutationResolvers['setGroupRole'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.setGroupRole(input, context), (group) => ({ group }));
