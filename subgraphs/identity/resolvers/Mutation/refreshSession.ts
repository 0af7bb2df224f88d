import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { viewOfOpened } from '../../usecases/views.js';

export const refreshSession: MutationResolvers['refreshSession'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.refreshSession(input, context), (opened) => {
    const { accessToken, refreshToken, expiresAt } = opened;
    return { accessToken, refreshToken, expiresAt, session: viewOfOpened(opened).session };
  });
