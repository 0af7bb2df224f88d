import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import { approvalsRequired } from '../domain/review.js';
import type { Resolvers } from '../generated/resolvers.js';
import { required } from './required.js';

const reference = (id: string | null) => (id === null ? null : { id });

export const GrantExtension = {
  status: (extension, _args, { usecases }) => usecases.requestStatus(extension),
  grant: ({ grantId }, _args, { loaders }) => required(loaders.grants.load(grantId)),
  requester: ({ requesterId }) => reference(requesterId),
  quantity: ({ addedQuantityMicros }) => formatMicros(addedQuantityMicros),
  total: ({ totalMicros: micros, unit }) => ({ micros, unit }),
  approvalsRequired: (extension) => approvalsRequired(extension, extension.totalMicros),
  reviews: ({ id }, _args, { loaders }) => loaders.extensionReviews.load(id),
  account: ({ accountId }) => reference(accountId),
  hold: ({ holdId }) => reference(holdId),
  invoice: ({ invoiceId }) => reference(invoiceId),
} satisfies RequiredResolvers<Resolvers>['GrantExtension'];
