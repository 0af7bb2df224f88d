import { randomUUID } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../../platform/kernel/clock.js';
import { signatureAlgorithms } from '../../../platform/kernel/signatureAlgorithms.js';
import type { AccessClaims, Act } from '../domain/accessClaims.js';
import type { AccessTokens } from '../usecases/ports.js';
import type { OpenKeyRing } from './keyRing.js';

const TYPE = 'at+jwt';

/** Signs and reads access tokens (RFC 9068) with the keys of the ring. */
export function accessTokens(options: {
  readonly ring: OpenKeyRing;
  readonly issuer: string;
  readonly clock: Clock;
  readonly lifetimeMs: number;
}): AccessTokens {
  const { ring, issuer, clock, lifetimeMs } = options;
  const keyOf = async (header: JWTHeaderParameters) => {
    const key = await ring.publicKeyOf(header);
    if (key === null) throw unknownKey;
    return key;
  };

  return {
    lifetimeMs,

    async sign(claims) {
      const { kid, algorithm, privateKey } = await ring.signing();
      return new SignJWT(toPayload(claims))
        .setProtectedHeader({ alg: algorithm, typ: TYPE, kid })
        .setIssuer(issuer)
        .setIssuedAt(clock.now())
        .setJti(randomUUID())
        .sign(privateKey);
    },

    async read(token) {
      const verified = await jwtVerify(token, keyOf, {
        algorithms: [...signatureAlgorithms],
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
