import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const acceptInvitation: MutationResolvers['acceptInvitation'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.acceptInvitation(input, context), (group) => ({ group }));
