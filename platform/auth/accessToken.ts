import { hash } from 'node:crypto';
import { type CryptoKey, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { unauthenticated } from '../kernel/faults.js';
import { limits } from '../kernel/limits.js';
import type { EVERY_SERVICE, SubgraphName } from '../kernel/services.js';
import { signatureAlgorithms } from '../kernel/signatureAlgorithms.js';
import type { FeedFollower } from './feedFollower.js';
import { publishedKeys } from './publishedKeys.js';

const BAD_TOKEN = 'The access token is not valid (any more). Log in again or refresh the session.';

/** The fault of a bad or dead token. */
export const badToken = () => unauthenticated(BAD_TOKEN);

/** Verifies the signature and the standing claims of access tokens; revocation is judged by trust.ts at each use. */
export interface AccessTokenVerifier {
  /** The claims of a valid token. @throws Fault UNAUTHENTICATED */
  verify(token: string): Promise<JWTPayload>;
}

/**
 * A verifier (the algorithm of the key alone, typ at+jwt after RFC 9068) with a bounded cache keyed by the hash of the token's bytes: the
 * same token spelled in another base64url is another entry and is verified anew. A key that the feed has retired
 * verifies nothing, cached or not.
 */
export function accessTokenVerifier(options: {
  readonly feed: FeedFollower;
  readonly issuer: string;
  readonly audiences: readonly [typeof EVERY_SERVICE, SubgraphName];
}): AccessTokenVerifier {
  const { feed, issuer, audiences } = options;
  const verified = new LRUCache<string, { readonly claims: JWTPayload; readonly kid: string }>({
    max: limits.verifiedTokensMax,
  });
  const keys = publishedKeys(feed);
  const keyFor = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    const key = await keys.keyOf('ACCESS_TOKEN', header);
    if (key === null) throw badToken();
    return key;
  };

  return {
    async verify(token) {
      const cacheKey = hash('sha256', token, 'base64url');
      const cached = verified.get(cacheKey);
      if (cached !== undefined) {
        if (!keys.verifies('ACCESS_TOKEN', cached.kid) || (cached.claims.exp ?? 0) * 1000 <= Date.now())
          throw badToken();
        return cached.claims;
      }
      const { payload, protectedHeader } = await jwtVerify(token, keyFor, {
        algorithms: [...signatureAlgorithms],
        typ: 'at+jwt',
        issuer,
        audience: [...audiences],
        requiredClaims: ['iss', 'aud', 'sub', 'jti', 'exp', 'scope'],
      }).catch((error: unknown) => {
        // A fault of the feed is not the token's: it passes as it is.
        throw isJoseError(error) ? badToken() : error;
      });
      verified.set(cacheKey, { claims: payload, kid: protectedHeader.kid ?? '' });
      return payload;
    },
  };
}

const isJoseError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_J');
