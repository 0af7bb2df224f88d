import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const inviteGroupMember: MutationResolvers['inviteGroupMember'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.inviteGroupMember(input, context), ({ group, invitation }) => ({
    group,
    invitation,
  }));
