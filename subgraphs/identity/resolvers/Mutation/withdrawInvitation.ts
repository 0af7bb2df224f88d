import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const withdrawInvitation: MutationResolvers['withdrawInvitation'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.withdrawInvitation(input, context), (group) => ({ group }));
