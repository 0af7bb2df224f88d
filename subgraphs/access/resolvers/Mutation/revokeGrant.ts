import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const revokeGrant: MutationResolvers['revokeGrant'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.revokeGrant(context, input), (grant) => ({
    grant,
    refund: grant.refundTransferId === null ? null : { id: grant.refundTransferId },
  }));
