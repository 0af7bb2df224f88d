import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const exchangeToken: MutationResolvers['exchangeToken'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.exchangeToken(input, context), ({ accessToken, expiresAt }) => ({
    accessToken,
    expiresAt,
  }));
