import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Sealer, StoredSigningKey } from '../usecases/ports.js';
import { signingKeyPurpose } from '../usecases/purposes.js';

/**
 * The key that signs: the newest of the published ones, its private half opened.
 * @param keys at least one, the newest first
 */
export async function openSigningKey(
  keys: readonly StoredSigningKey[],
  sealer: Sealer,
): Promise<{ readonly kid: string; readonly privateKey: CryptoKey }> {
  const [signing] = keys;
  if (signing === undefined) throw new Error('there is no signing key');
  const jwk = JSON.parse(sealer.open(signing.privateJwk, signingKeyPurpose(signing.kid))) as JWK;
  const privateKey = await importJWK(jwk, 'ES256');
  if (privateKey instanceof Uint8Array) throw new Error('a signing key must be an elliptic-curve key');
  return { kid: signing.kid, privateKey };
}
