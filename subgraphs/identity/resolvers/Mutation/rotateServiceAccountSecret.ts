import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const rotateServiceAccountSecret: MutationResolvers['rotateServiceAccountSecret'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.rotateServiceAccountSecret(input, context), ({ serviceAccount, clientSecret }) => ({
    serviceAccount,
    clientId: serviceAccount.id,
    clientSecret,
  }));
