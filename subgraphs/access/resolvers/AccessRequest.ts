import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import { approvalsRequired } from '../domain/review.js';
import type { Resolvers } from '../generated/resolvers.js';
import { required } from './required.js';

const reference = (id: string | null) => (id === null ? null : { id });

export const AccessRequest = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findAccessRequest(viewer, loaders, id),
  status: (request, _args, { usecases }) => usecases.requestStatus(request),
  requester: ({ requesterId }) => reference(requesterId),
  quote: ({ quoteId }, _args, { loaders }) => required(loaders.quotes.load(quoteId)),
  async offer({ quoteId }, _args, { loaders }) {
    const { offerId } = await required(loaders.quotes.load(quoteId));
    return required(loaders.offers.load(offerId));
  },
  group: ({ groupId }) => reference(groupId),
  quantity: ({ quantityMicros }) => formatMicros(quantityMicros),
  approvalsRequired: (request) => approvalsRequired(request, request.total.micros),
  reviews: ({ id }, _args, { loaders }) => loaders.reviews.load(id),
  account: ({ accountId }) => reference(accountId),
  hold: ({ holdId }) => reference(holdId),
  invoice: ({ invoiceId }) => reference(invoiceId),
  grant: ({ status, grantId }, _args, { loaders }) => (status === 'ACTIVE' ? loaders.grants.load(grantId) : null),
  timeline: (request, page, { usecases, loaders }) => usecases.listTimeline(loaders, request, page),
} satisfies RequiredResolvers<Resolvers>['AccessRequest'];
