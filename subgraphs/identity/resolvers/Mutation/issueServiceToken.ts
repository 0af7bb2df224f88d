import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const issueServiceToken: MutationResolvers['issueServiceToken'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.issueServiceToken(input, context), ({ accessToken, expiresAt, scopes }) => ({
    accessToken,
    expiresAt,
    scopes: [...scopes],
  }));
