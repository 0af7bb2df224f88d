import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const regenerateRecoveryCodes: MutationResolvers['regenerateRecoveryCodes'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.regenerateRecoveryCodes(input, context), ({ user, recoveryCodes }) => ({
    user: wholeUser(user),
    recoveryCodes: [...recoveryCodes],
  }));
