import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const registerUser: MutationResolvers['registerUser'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.registerUser(input, context), ({ user, totp, enrolmentToken }) => ({
    user: wholeUser(user),
    totp,
    enrolmentToken,
  }));
