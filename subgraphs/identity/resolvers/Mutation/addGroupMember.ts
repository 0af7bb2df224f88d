import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const addGroupMember: MutationResolvers['addGroupMember'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.addGroupMember(input, context), (group) => ({ group }));
