import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const Offer = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findOffer(viewer, loaders, id),
  provider: ({ providerId }) => ({ id: providerId }),
} satisfies RequiredResolvers<Resolvers>['Offer'];
