import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const withdrawServiceAccountSecret: MutationResolvers['withdrawServiceAccountSecret'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.withdrawServiceAccountSecret(input, context), (serviceAccount) => ({
    serviceAccount,
  }));
