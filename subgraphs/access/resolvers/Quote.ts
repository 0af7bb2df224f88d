import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import { linesOf } from '../domain/quote.js';
import type { Resolvers } from '../generated/resolvers.js';
import { required } from './required.js';

export const Quote = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findQuote(viewer, loaders, id),
  offer: ({ offerId }, _args, { loaders }) => required(loaders.offers.load(offerId)),
  quantity: ({ quantityMicros }) => formatMicros(quantityMicros),
  lines: async (quote, _args, { loaders }) => linesOf(quote, (await required(loaders.offers.load(quote.offerId))).per),
} satisfies RequiredResolvers<Resolvers>['Quote'];
