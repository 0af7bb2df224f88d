import { type CryptoKey, compactVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { limits } from '../kernel/limits.js';
import { formatMicros, isUnitName, type Money, parseMicros } from '../kernel/money.js';
import { type SignatureAlgorithm, signatureAlgorithms } from '../kernel/signatureAlgorithms.js';
import type { PublishedKeys } from './publishedKeys.js';

// A type and an audience of their own: no service takes a mandate for an access token, nor the reverse.
const TYPE = 'mandate+jwt';
const AUDIENCE = 'accounting';

/** What a mandate says: a person lets a payee reserve money on an account, like a cheque. */
export interface MandateClaims {
  readonly id: string;
  /** The person who gave it. Whether they may spend from the account is looked at when it is used. */
  readonly issuerId: string;
  readonly accountId: string;
  /** The account that the money is for. */
  readonly payeeId: string;
  /** Compared exactly with the hold's. */
  readonly resource: string;
  /** What all its holds may come to. */
  readonly maximum: Money;
  /** In whole seconds. */
  readonly expiresAt: Date;
  /** Whether it is good for one hold only. */
  readonly once: boolean;
}

/** Signs a mandate as a compact JWS. */
export const signMandate = (
  claims: MandateClaims,
  signing: {
    readonly issuer: string;
    readonly kid: string;
    readonly algorithm: SignatureAlgorithm;
    readonly privateKey: CryptoKey;
  },
): Promise<string> =>
  new SignJWT({
    account: claims.accountId,
    payee: claims.payeeId,
    resource: claims.resource,
    maximum: formatMicros(claims.maximum.micros),
    unit: claims.maximum.unit,
    once: claims.once,
  })
    .setProtectedHeader({ alg: signing.algorithm, typ: TYPE, kid: signing.kid })
    .setIssuer(signing.issuer)
    .setAudience(AUDIENCE)
    .setSubject(claims.issuerId)
    .setJti(claims.id)
    .setExpirationTime(Math.floor(claims.expiresAt.getTime() / 1000))
    .sign(signing.privateKey);

const payloadSchema = z.object({
  iss: z.string(),
  aud: z.literal(AUDIENCE),
  sub: z.string(),
  jti: z.string(),
  exp: z.number().int(),
  account: z.string(),
  payee: z.string(),
  resource: z.string(),
  maximum: z.string().regex(/^[0-9]+(\.[0-9]{1,6})?$/),
  unit: z.string().refine(isUnitName),
  once: z.boolean(),
});

/**
 * What a token says where it is a mandate of this issuer, signed by a published key; else null. Whether its time is over
 * is for the caller to say: a repetition of a call is answered also then.
 * @throws what asking identity for a key throws
 */
export async function readMandate(
  token: string,
  { keys, issuer }: { readonly keys: PublishedKeys; readonly issuer: string },
): Promise<MandateClaims | null> {
  if (token.length > limits.mandateCharactersMax) return null;
  let asking: unknown = null;
  const verified = await compactVerify(
    token,
    async (header) => {
      if (header.typ !== TYPE) throw notOurs;
      const key = await keys.keyOf('MANDATE', header).catch((error: unknown) => {
        asking = error;
        throw error;
      });
      if (key === null) throw notOurs;
      return key;
    },
    { algorithms: [...signatureAlgorithms] },
  ).catch(() => null);
  if (asking !== null) throw asking;
  return verified === null ? null : toClaims(verified.payload, issuer);
}

const notOurs = new Error('no mandate of ours');

function toClaims(payload: Uint8Array, issuer: string): MandateClaims | null {
  const parsed = payloadSchema.safeParse(JSON.parse(new TextDecoder().decode(payload)));
  if (!parsed.success || parsed.data.iss !== issuer) return null;
  const { sub, jti, exp, account, payee, resource, maximum, unit, once } = parsed.data;
  const micros = parseMicros(maximum, ['maximum']);
  if (!micros.ok) return null;
  return {
    id: jti,
    issuerId: sub,
    accountId: account,
    payeeId: payee,
    resource,
    maximum: { micros: micros.value, unit },
    expiresAt: new Date(exp * 1000),
    once,
  };
}
