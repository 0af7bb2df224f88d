import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const disableServiceAccount: MutationResolvers['disableServiceAccount'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.disableServiceAccount(input, context), (serviceAccount) => ({ serviceAccount }));
