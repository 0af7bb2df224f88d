import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const extendGrant: MutationResolvers['extendGrant'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.extendGrant(context, input), ({ grant, invoiceId }) => ({
    grant,
    invoice: invoiceId === null ? null : { id: invoiceId },
    refund: null,
  }));
