import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Sealer } from '../usecases/ports/sealing.js';
import type { KeyEncryptionKey } from './keyEncryptionKeys.js';

/** The form of what is sealed: version, id of the key, nonce, tag, ciphertext. */
const VERSION = 2;
/** As it was before keys rotated, without an id: the oldest key opens it. */
const VERSION_WITHOUT_ID = 1;
const ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals with AES-256-GCM under the newest key-encryption key. The purpose is authenticated with it, so
 * that a value copied to another person's row does not open there. Random nonces are safe far beyond the number of
 * people and keys.
 * @param source the keys as they are at each use, the newest first
 */
export function sealer(source: { readonly keys: readonly KeyEncryptionKey[] }): Sealer {
  return {
    seal(plain, purpose) {
      const [key] = source.keys;
      if (key === undefined) throw new Error('there is no key to seal with');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(Buffer.from(purpose));
      const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([
        Uint8Array.of(VERSION),
        Buffer.from(key.id, 'hex'),
        nonce,
        cipher.getAuthTag(),
        ciphertext,
      ]);
    },

    open(sealed, purpose) {
      const { key, bytes } = keyOf(Buffer.from(sealed), source.keys);
      if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('not a sealed value');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    },
  };
}

/** The key that a value was sealed with, and what follows its head. */
function keyOf(
  sealed: Buffer,
  keys: readonly KeyEncryptionKey[],
): { readonly key: KeyEncryptionKey; readonly bytes: Buffer } {
  if (sealed[0] === VERSION_WITHOUT_ID) {
    const key = keys.at(-1);
    if (key !== undefined) return { key, bytes: sealed.subarray(1) };
  }
  if (sealed[0] !== VERSION) throw new Error('not a sealed value');
  const id = sealed.subarray(1, 1 + ID_BYTES).toString('hex');
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) throw new Error('the key that this value was sealed with is gone');
  return { key, bytes: sealed.subarray(1 + ID_BYTES) };
}
