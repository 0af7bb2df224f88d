import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const QuoteLine = {
  quantity: ({ quantityMicros }) => formatMicros(quantityMicros),
} satisfies RequiredResolvers<Resolvers>['QuoteLine'];
