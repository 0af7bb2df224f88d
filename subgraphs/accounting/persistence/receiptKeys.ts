import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { writeFileOnce } from '../../../platform/kernel/files.js';
import { type ProofType, readProof, readProofKeys } from '../domain/proof.js';
import type { ProofSigner } from '../usecases/ports.js';

const ALGORITHM = 'ES256';

/** Signs receipts and checkpoints, and tells with which public keys they are checked. */
export interface ReceiptKeys extends ProofSigner {
  /** Every public key that ever signed, as a JWK set. None is withdrawn: a receipt is checked for ever. */
  readonly published: { readonly keys: readonly JWK[] };
}

/**
 * Loads the receipt keys from `<home>/keys/accounting/receipts.jwks` (0600), making the first on the first start.
 * The last of the set signs. They are not the service's own key: whoever holds that cannot make receipts.
 * @param issuer named in each proof, so that receipts of two installations are told apart
 * @param named the file where it is another, for replicas: all of them have one
 */
export async function loadReceiptKeys(home: string, issuer: string, named: string | null = null): Promise<ReceiptKeys> {
  const file = named ?? join(home, 'keys', 'accounting', 'receipts.jwks');
  const keys = (await readKeys(file)) ?? (await makeKeys(file));
  const current = keys.at(-1);
  if (current === undefined) throw new Error(`${file} has no key; remove the file to make a new one.`);
  const privateKey = await toPrivateKey(current);
  const published = { keys: keys.map(({ d: _private, ...publicHalf }) => publicHalf) };
  const proofKeys = readProofKeys(JSON.stringify(published));
  if (proofKeys === null) throw new Error(`${file} is damaged; put it back from a copy.`);
  const sign = (type: ProofType, claims: object): Promise<string> =>
    new CompactSign(Buffer.from(JSON.stringify({ iss: issuer, ...claims })))
      .setProtectedHeader({ alg: ALGORITHM, kid: current.kid ?? '', typ: type })
      .sign(privateKey);
  return {
    published,
    sign: (claims) => sign('receipt+jwt', claims),
    signCheckpoint: (claims) => sign('checkpoint+jwt', claims),
    readCheckpoint: (proof) => readProof(proof, proofKeys, 'checkpoint+jwt'),
  };
}

async function readKeys(path: string): Promise<readonly JWK[] | null> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { keys: JWK[] }).keys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function makeKeys(file: string): Promise<readonly JWK[]> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const keys = [{ ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) }];
  await writeFileOnce(file, JSON.stringify({ keys }), 0o600);
  return (await readKeys(file)) ?? keys;
}

async function toPrivateKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error('A receipt key must be an elliptic-curve key.');
  return key;
}
