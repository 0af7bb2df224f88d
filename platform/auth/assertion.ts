import { hash, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { Fault } from '../kernel/faults.js';
import { limits } from '../kernel/limits.js';
import { callersOf, type ServiceName, type SubgraphName } from '../kernel/services.js';
import { assertionClockTrouble, CLOCK_TOLERANCE_SECONDS } from './clockTrouble.js';
import type { ServiceKeys } from './serviceKeys.js';

/** The header that carries a caller's assertion. */
export const ASSERTION_HEADER = 'tollgate-assertion';
const TYPE = 'tollgate-assertion+jwt';
const SEEN_MAX = 100_000;

/** The assertions that each service has taken: a second use of one is a replay. */
const seenBy = new WeakMap<ServiceKeys, LRUCache<string, true>>();

/** What an assertion binds: the call itself, and on whose behalf it travels. */
export interface AssertedCall {
  readonly target: SubgraphName;
  readonly method: string;
  /** The path with its query, as sent. */
  readonly path: string;
  readonly body: Uint8Array;
  /** The bearer token that goes with the call, or null. */
  readonly token: string | null;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly requestId: string;
}

/** What a verified assertion tells. */
export interface VerifiedCaller {
  readonly caller: ServiceName;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly requestId: string;
}

/**
 * Signs a call in the caller's name: a JWT (ES256, 30 s) over method, path, body and token hashes (as RFC 9449 binds
 * them), target, client address, user agent and request id.
 */
export const signAssertion = (keys: ServiceKeys, call: AssertedCall): Promise<string> =>
  new SignJWT({
    htm: call.method,
    htp: call.path,
    bh: digest(call.body),
    ath: call.token === null ? null : digest(call.token),
    ip: call.clientIp,
    ua: call.userAgent,
    rid: call.requestId,
  })
    .setProtectedHeader({ alg: 'ES256', typ: TYPE })
    .setIssuer(keys.service)
    .setAudience(call.target)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${limits.assertionLifetimeSeconds}s`)
    .sign(keys.privateKey);

/**
 * Verifies that one of the permitted callers signed exactly this call.
 * @throws Fault ASSERTION_INVALID whatever is wrong: a caller learns nothing from the difference
 */
export async function verifyAssertion(
  keys: ServiceKeys,
  assertion: string | undefined,
  call: Pick<AssertedCall, 'target' | 'method' | 'path' | 'body' | 'token'>,
): Promise<VerifiedCaller> {
  if (assertion === undefined) throw assertionInvalid();
  const callers = callersOf(call.target);
  let named: ServiceName | undefined;
  const { payload } = await jwtVerify(
    assertion,
    (_header, token) => {
      const issuer = claimedIssuer(token.payload);
      named = callers.find((name) => name === issuer);
      if (named === undefined) throw assertionInvalid();
      return keys.publicKeyOf(named);
    },
    {
      algorithms: ['ES256'],
      typ: TYPE,
      audience: call.target,
      requiredClaims: ['iss', 'iat', 'exp', 'jti', 'htm', 'htp', 'bh'],
      maxTokenAge: limits.assertionLifetimeSeconds + CLOCK_TOLERANCE_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    },
  ).catch((error: unknown) => {
    const trouble = assertionClockTrouble(error, new Date()) ?? signatureTrouble(error, named);
    if (trouble !== null) keys.tell?.(trouble);
    throw assertionInvalid();
  });
  const bound =
    payload['htm'] === call.method &&
    payload['htp'] === call.path &&
    payload['bh'] === digest(call.body) &&
    (payload['ath'] ?? null) === (call.token === null ? null : digest(call.token));
  const caller = callers.find((name) => name === payload.iss);
  if (!bound || caller === undefined || isReplay(keys, String(payload.jti))) throw assertionInvalid();
  return {
    caller,
    clientIp: String(payload['ip'] ?? ''),
    userAgent: String(payload['ua'] ?? ''),
    requestId: String(payload['rid'] ?? ''),
  };
}

/** A sentence for the log where a call that names a service was signed by another key than that service's. */
const signatureTrouble = (error: unknown, named: ServiceName | undefined): string | null =>
  named !== undefined && error instanceof errors.JWSSignatureVerificationFailed
    ? `A call that says it is from ${named} is refused: it was not signed with the key that is known here as ${named}'s; ` +
      `${named}'s private.jwk there and its public.jwk here must be of one pair.`
    : null;

/** Remembers an assertion for as long as it could be used, and tells whether it was used before. */
function isReplay(keys: ServiceKeys, jti: string): boolean {
  const known = seenBy.get(keys);
  const seen =
    known ??
    new LRUCache<string, true>({
      max: SEEN_MAX,
      ttl: (limits.assertionLifetimeSeconds + 2 * CLOCK_TOLERANCE_SECONDS) * 1000,
    });
  if (known === undefined) seenBy.set(keys, seen);
  if (seen.has(jti)) return true;
  seen.set(jti, true);
  return false;
}

/** The one answer to whoever is not a service that may call here. */
export const assertionInvalid = (): Fault =>
  new Fault('ASSERTION_INVALID', 'This address takes calls from Tollgate services alone.');

const digest = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'base64url');

/** The issuer that an unverified token names: only used to choose the key that must verify it. */
function claimedIssuer(payload: string | Uint8Array): unknown {
  const encoded = typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
  return (JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')) as { iss?: unknown }).iss;
}
