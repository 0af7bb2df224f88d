import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const PersonalAccessKey = {
  scopes: ({ scopes }) => [...scopes],
} satisfies RequiredResolvers<Resolvers>['PersonalAccessKey'];
