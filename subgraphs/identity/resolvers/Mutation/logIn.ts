import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { sessionOfOpened, viewOfOpened } from '../../usecases/views.js';

export const logIn: MutationResolvers['logIn'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.logIn(input, context), (opened) => {
    const { accessToken, refreshToken, expiresAt, deviceToken } = opened;
    return {
      accessToken,
      refreshToken,
      expiresAt,
      session: sessionOfOpened(opened.session),
      viewer: viewOfOpened(opened),
      deviceToken,
    };
  });
