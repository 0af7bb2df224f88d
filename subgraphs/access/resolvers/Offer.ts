import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

const toDecimal = (micros: bigint | null): string | null => (micros === null ? null : formatMicros(micros));

export const Offer = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findOffer(viewer, loaders, id),
  minimumQuantity: ({ minimumQuantityMicros }) => toDecimal(minimumQuantityMicros),
  maximumQuantity: ({ maximumQuantityMicros }) => toDecimal(maximumQuantityMicros),
  twoPeopleAbove: ({ twoPeopleAboveMicros, price }) =>
    twoPeopleAboveMicros === null ? null : { micros: twoPeopleAboveMicros, unit: price.unit },
  visibleTo: ({ visibleTo }) => visibleTo.map((id) => ({ id })),
  versions: (offer, page, { usecases, loaders }) => usecases.listOfferVersions(loaders, offer, page),
  provider: ({ providerId }) => ({ id: providerId }),
} satisfies RequiredResolvers<Resolvers>['Offer'];
