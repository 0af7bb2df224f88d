import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const ServiceAccount = {
  __resolveReference: ({ id }, context) => context.usecases.findServiceAccount(context, id),
  scopes: ({ scopes }) => [...scopes],
  secrets: async ({ id }, _arguments, { loaders }) => [...(await loaders.secretsOfServiceAccount.load(id))],
  clusterIds: ({ clusterIds }) => [...clusterIds],
} satisfies RequiredResolvers<Resolvers>['ServiceAccount'];
