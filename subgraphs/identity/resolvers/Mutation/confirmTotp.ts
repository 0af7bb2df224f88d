import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const confirmTotp: MutationResolvers['confirmTotp'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.confirmTotp(input, context), ({ user, recoveryCodes }) => ({
    user: wholeUser(user),
    recoveryCodes: recoveryCodes === null ? null : [...recoveryCodes],
  }));
