import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const AccessBlock = {
  applyTo: ({ applyToId }) => (applyToId === null ? null : { id: applyToId }),
} satisfies RequiredResolvers<Resolvers>['AccessBlock'];
