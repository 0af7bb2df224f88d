import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const endGrant: MutationResolvers['endGrant'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.endGrant(context, input), (grant) => ({
    grant,
    refund: grant.refundTransferId === null ? null : { id: grant.refundTransferId },
  }));
