import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const AccessExplanation = {
  allowed: ({ blocks }) => blocks.length === 0,
  reviewers: ({ reviewersId }) => (reviewersId === null ? null : { id: reviewersId }),
} satisfies RequiredResolvers<Resolvers>['AccessExplanation'];
