import { randomUUID } from 'node:crypto';
import { type CryptoKey, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { AccessClaims, Act } from '../domain/accessClaims.js';
import type { AccessTokens, Sealer, StoredSigningKey } from '../usecases/ports.js';
import { openSigningKey } from './openSigningKey.js';

const ALGORITHM = 'ES256';
const TYPE = 'at+jwt';

/**
 * Signs and reads access tokens (RFC 9068) with the published keys; the first of them signs.
 * @param keys at least one, the newest first
 */
export async function accessTokens(options: {
  readonly keys: readonly StoredSigningKey[];
  readonly sealer: Sealer;
  readonly issuer: string;
  readonly clock: Clock;
}): Promise<AccessTokens> {
  const { keys, sealer, issuer, clock } = options;
  const signing = await openSigningKey(keys, sealer);
  const publicKeys = new Map<string, CryptoKey>();
  for (const { kid, publicJwk } of keys) publicKeys.set(kid, await toKey(publicJwk));

  return {
    sign(claims) {
      return new SignJWT(toPayload(claims))
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: signing.kid })
        .setIssuer(issuer)
        .setIssuedAt(clock.now())
        .setJti(randomUUID())
        .sign(signing.privateKey);
    },

    async read(token) {
      const verified = await jwtVerify(token, ({ kid }) => publicKeys.get(kid ?? '') ?? Promise.reject(unknownKey), {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        requiredClaims: ['aud', 'sub', 'jti', 'exp', 'scope'],
        currentDate: clock.now(),
      }).catch(() => null);
      return verified === null ? null : toClaims(verified.payload);
    },
  };
}

const unknownKey = new Error('no such key is published');

function toPayload(claims: AccessClaims): JWTPayload {
  return {
    aud: claims.audience,
    sub: claims.subject,
    scope: claims.scopes.join(' '),
    // Rounded down to whole seconds, so that a token never outlives what it comes from.
    exp: Math.floor(claims.expiresAt.getTime() / 1000),
    ...(claims.sessionId === null ? {} : { sid: claims.sessionId }),
    ...(claims.act === null ? {} : { act: claims.act }),
    ...(claims.clusterIds === null ? {} : { clusterIds: claims.clusterIds }),
    ...(claims.restricted ? { restricted: true } : {}),
  };
}

/** Reads what `toPayload` wrote: the signature has shown that it was us. */
function toClaims(payload: JWTPayload): AccessClaims {
  return {
    audience: String(payload.aud),
    subject: String(payload.sub),
    scopes: String(payload['scope']).split(' ').filter(Boolean),
    expiresAt: new Date((payload.exp ?? 0) * 1000),
    sessionId: typeof payload['sid'] === 'string' ? payload['sid'] : null,
    act: (payload['act'] as Act | undefined) ?? null,
    clusterIds: Array.isArray(payload['clusterIds']) ? payload['clusterIds'].map(String) : null,
    restricted: payload['restricted'] === true,
  };
}

async function toKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error('a signing key must be an elliptic-curve key');
  return key;
}
