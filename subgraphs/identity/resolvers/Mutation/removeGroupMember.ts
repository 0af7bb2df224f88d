import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const removeGroupMember: MutationResolvers['removeGroupMember'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.removeGroupMember(input, context), (group) => ({ group }));
