import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const User = {
  // Identity knows who there is; here a person is an id, and what hangs on it is authorized by itself.
  __resolveReference: ({ id }) => ({ id }),
  grants: ({ id }, page, { usecases, viewer, loaders }) => usecases.listGrantsOf(viewer, loaders, id, page),
} satisfies RequiredResolvers<Resolvers>['User'];
