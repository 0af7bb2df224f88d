import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const extendGrant: MutationResolvers['extendGrant'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.extendGrant(context, input), ({ grant, extension }) => ({
    grant,
    extension,
    invoice: extension.status === 'ACTIVE' && extension.invoiceId !== null ? { id: extension.invoiceId } : null,
    refund: null,
  }));
