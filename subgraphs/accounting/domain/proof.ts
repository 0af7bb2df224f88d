import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

/** What an installation signs with its receipt keys. */
export type ProofType = 'receipt+jwt' | 'checkpoint+jwt';

/** The public keys of an installation, by their key id. */
export type ProofKeys = ReadonlyMap<string, KeyObject>;

/** What a proof says, or why it proves nothing. */
export type ReadProof =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly fault: 'MALFORMED' | 'UNKNOWN_KEY' | 'BAD_SIGNATURE'; readonly message: string };

/** Reads a JWK set as /.well-known/tollgate-receipts.json gives it out. Null where the text is none. */
export function readProofKeys(text: string): ProofKeys | null {
  const set = parseObject(text);
  if (!Array.isArray(set?.['keys'])) return null;
  const keys = new Map<string, KeyObject>();
  for (const jwk of set['keys'] as readonly (JsonWebKey | null)[]) {
    if (jwk === null || typeof jwk !== 'object' || jwk.crv !== 'P-256' || typeof jwk['kid'] !== 'string') return null;
    try {
      // Of a private key, which has no business here, the public half is taken.
      keys.set(
        jwk['kid'],
        createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y } as JsonWebKey, format: 'jwk' }),
      );
    } catch {
      return null;
    }
  }
  return keys;
}

/**
 * Checks a compact JWS (ES256) with the given keys alone: what its header says of keys and addresses has no weight, and
 * a proof of one type is none of another.
 */
export function readProof(jws: string, keys: ProofKeys, type: ProofType): ReadProof {
  const [, header = '', payload = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(jws) ?? [];
  const head = parseObject(decode(header));
  const claims = parseObject(decode(payload));
  if (head === null || claims === null) return malformed('This is no compact JWS over JSON.');
  if (head['alg'] !== 'ES256' || typeof head['kid'] !== 'string')
    return malformed('It is not signed by ES256 with a named key.');
  if (head['typ'] !== type) return malformed(`It is not of type ${type}.`);
  const key = keys.get(head['kid']);
  if (key === undefined) {
    return {
      ok: false,
      fault: 'UNKNOWN_KEY',
      message: `The key ${printable(head['kid'])} that signed it is not among the given ones.`,
    };
  }
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  return isSigned
    ? { ok: true, claims }
    : { ok: false, fault: 'BAD_SIGNATURE', message: 'The signature is not of what it says.' };
}

const malformed = (message: string): ReadProof => ({ ok: false, fault: 'MALFORMED', message });

const decode = (part: string): string => Buffer.from(part, 'base64url').toString('utf8');

/** Somebody else's text for a terminal: no control characters, no novel. */
const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 64);

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    // Checked to be a plain object in the same line.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
