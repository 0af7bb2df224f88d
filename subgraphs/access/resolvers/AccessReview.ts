import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const AccessReview = {
  reviewer: ({ reviewerId }) => ({ id: reviewerId }),
  quantity: ({ quantityMicros }) => (quantityMicros === null ? null : formatMicros(quantityMicros)),
} satisfies RequiredResolvers<Resolvers>['AccessReview'];
