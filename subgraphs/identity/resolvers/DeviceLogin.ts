import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const DeviceLogin = {
  scopes: ({ scopes }) => (scopes === null ? null : [...scopes]),
} satisfies RequiredResolvers<Resolvers>['DeviceLogin'];
