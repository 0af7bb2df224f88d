import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const disableUser: MutationResolvers['disableUser'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.disableUser(input, context), (user) => ({ user: wholeUser(user) }));
