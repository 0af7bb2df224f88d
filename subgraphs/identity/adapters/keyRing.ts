import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { SignatureAlgorithm } from '../../../platform/kernel/signatureAlgorithms.js';
import { identityLimits } from '../domain/limits.js';
import { keyThatSigns } from '../domain/signingKey.js';
import type { Sealer } from '../usecases/ports/sealing.js';
import type { KeyRing, SigningKeyStore, StoredSigningKey } from '../usecases/ports/signingKeys.js';
import { signingKeyPurpose } from '../usecases/purposes.js';

/** A key that signs, its private half opened. */
export interface OpenSigningKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: CryptoKey;
}

/** The keys of the database, for signing and verifying. */
export interface OpenKeyRing extends KeyRing {
  /** The key that signs now. */
  signing(): Promise<OpenSigningKey>;
  /** The public half of a key that verifies access tokens of this algorithm now, or null. */
  publicKeyOf(header: { readonly kid?: string; readonly alg?: string }): Promise<CryptoKey | null>;
}

/**
 * Keeps the keys for a moment: replicas learn of each other's changes within it, long before a fresh key signs. One
 * reading is under way at a time.
 */
export function keyRing(options: {
  readonly store: Pick<SigningKeyStore, 'verifying'>;
  readonly sealer: Sealer;
  readonly clock: Clock;
}): OpenKeyRing {
  const { store, sealer, clock } = options;
  const privateKeys = new Map<string, CryptoKey>();
  const publicKeys = new Map<string, CryptoKey>();
  let known: { readonly keys: readonly StoredSigningKey[]; readonly readAt: number } | null = null;
  let reading: Promise<readonly StoredSigningKey[]> | null = null;

  const read = async (): Promise<readonly StoredSigningKey[]> => {
    const keys = await store.verifying();
    const kids = new Set(keys.map(({ kid }) => kid));
    for (const kept of [privateKeys, publicKeys]) {
      for (const kid of kept.keys()) if (!kids.has(kid)) kept.delete(kid);
    }
    return keys;
  };

  const current = async (): Promise<readonly StoredSigningKey[]> => {
    if (known !== null && performance.now() - known.readAt < identityLimits.keyRingAgeMs) return known.keys;
    reading ??= read();
    const mine = reading;
    try {
      const keys = await mine;
      // A reading that was begun before a change must not be taken for the present.
      if (reading === mine) known = { keys, readAt: performance.now() };
      return keys;
    } finally {
      if (reading === mine) reading = null;
    }
  };

  return {
    forget() {
      known = null;
      reading = null;
    },

    async signing() {
      const able = (await current()).filter(({ privateJwk, state }) => privateJwk !== null && state === 'PUBLISHED');
      const key = keyThatSigns(able, clock.now());
      if (key === null || key.privateJwk === null) throw new Error('there is no signing key');
      const privateKey =
        privateKeys.get(key.kid) ?? (await toKey(openJwk(key.privateJwk, key.kid, sealer), key.algorithm));
      privateKeys.set(key.kid, privateKey);
      return { kid: key.kid, algorithm: key.algorithm, privateKey };
    },

    async publicKeyOf({ kid, alg }) {
      const key = (await current()).find((candidate) => candidate.kid === kid && candidate.state === 'PUBLISHED');
      if (key === undefined || key.algorithm !== alg) return null;
      const publicKey = publicKeys.get(key.kid) ?? (await toKey(key.publicJwk, key.algorithm));
      publicKeys.set(key.kid, publicKey);
      return publicKey;
    },
  };
}

const openJwk = (sealed: Uint8Array, kid: string, sealer: Sealer): JWK =>
  JSON.parse(sealer.open(sealed, signingKeyPurpose(kid))) as JWK;

async function toKey(jwk: JWK, algorithm: SignatureAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new Error('a signing key must be one half of a pair');
  return key;
}
