import { join } from 'node:path';
import {
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import type { KeyFile } from '../../../platform/keyFiles/keyFileError.js';
import { makeKeyFile } from '../../../platform/keyFiles/makeKeyFile.js';
import { type KeyFileContent, readKeyFile } from '../../../platform/keyFiles/readKeyFile.js';
import { type ProofKeys, type ProofType, readProof, readProofKeys } from '../domain/proof.js';
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
 * @throws ServiceStartError naming the file where it cannot be read or made, or holds something else
 */
export async function loadReceiptKeys(home: string, issuer: string, named: string | null = null): Promise<ReceiptKeys> {
  const path = named ?? join(home, 'keys', 'accounting', 'receipts.jwks');
  const { kid, privateKey, published, proofKeys } = await openKeys({ path, setting: 'ACCOUNTING_RECEIPT_KEYS_FILE' });
  const sign = (type: ProofType, claims: object): Promise<string> =>
    new CompactSign(Buffer.from(JSON.stringify({ iss: issuer, ...claims })))
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: type })
      .sign(privateKey);
  return {
    published,
    sign: (claims) => sign('receipt+jwt', claims),
    signCheckpoint: (claims) => sign('checkpoint+jwt', claims),
    readCheckpoint: (proof) => readProof(proof, proofKeys, 'checkpoint+jwt'),
  };
}

/** What is in the file. */
interface OpenKeys {
  /** The last, which signs. */
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly published: ReceiptKeys['published'];
  readonly proofKeys: ProofKeys;
}

async function openKeys(file: KeyFile): Promise<OpenKeys> {
  const stored = await readKeyFile(file, CONTENT);
  if (stored !== null) return stored;
  await makeKeyFile(file, await newKeys());
  return openKeys(file);
}

const CONTENT: KeyFileContent<OpenKeys> = {
  what: 'keys of receipts (a JWK set, P-256)',
  async parse(text) {
    const { keys } = JSON.parse(text) as { keys: readonly JWK[] };
    const published = { keys: keys.map(({ d: _private, ...publicHalf }) => publicHalf) };
    const proofKeys = readProofKeys(JSON.stringify(published));
    const current = keys.at(-1);
    if (current === undefined || proofKeys === null) throw new Error('Those are no keys of receipts.');
    const privateKey = await importJWK(current, ALGORITHM);
    if (privateKey instanceof Uint8Array || privateKey.type !== 'private') throw new Error('That key does not sign.');
    return { kid: current.kid ?? '', privateKey, published, proofKeys };
  },
};

async function newKeys(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return JSON.stringify({ keys: [{ ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) }] });
}
