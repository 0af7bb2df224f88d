import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const revokeMandate: MutationResolvers['revokeMandate'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.revokeMandate(input, context), (mandate) => ({
    mandate: { ...mandate, token: null },
  }));
