import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import { signatureAlgorithm } from '../domain/signingKey.js';
import type { Resolvers } from '../generated/resolvers.js';

export const SigningKey = {
  algorithm: () => signatureAlgorithm,
} satisfies RequiredResolvers<Resolvers>['SigningKey'];
