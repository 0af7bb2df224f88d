import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const changePassword: MutationResolvers['changePassword'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.changePassword(input, context), (user) => ({ user: wholeUser(user) }));
