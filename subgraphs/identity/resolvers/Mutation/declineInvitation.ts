import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const declineInvitation: MutationResolvers['declineInvitation'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.declineInvitation(input, context), (group) => ({ group }));
