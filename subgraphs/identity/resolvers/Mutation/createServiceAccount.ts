import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const createServiceAccount: MutationResolvers['createServiceAccount'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.createServiceAccount(input, context), ({ serviceAccount, clientSecret }) => ({
    serviceAccount,
    clientId: serviceAccount.id,
    clientSecret,
  }));
