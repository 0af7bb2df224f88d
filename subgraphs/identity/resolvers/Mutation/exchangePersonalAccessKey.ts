import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const exchangePersonalAccessKey: MutationResolvers['exchangePersonalAccessKey'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.exchangePersonalAccessKey(input, context), ({ accessToken, expiresAt, scopes }) => ({
    accessToken,
    expiresAt,
    scopes: [...scopes],
  }));
