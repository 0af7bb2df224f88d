import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AcctError } from '../acctError.js';
import { looksLikeDocument } from './plausible.js';
import type { CryptoPlugin } from './plugin.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM: nonce, ciphertext, tag; the key is 32 bytes in standard base64. */
export const aesgcm256: CryptoPlugin = {
  name: 'aesgcm256',
  generateKey: () => randomBytes(KEY_BYTES).toString('base64'),
  checkKey: (key) => void parseKey(key),
  encrypt: (plain, key) => sealAesGcm(plain, key, randomBytes(NONCE_BYTES)),
  decrypt: openAesGcm,
};

/** Makes the file for one nonce. A nonce must never serve twice with one key. */
function sealAesGcm(plain: Uint8Array, key: string, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', parseKey(key), nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openAesGcm(sealed: Uint8Array, key: string): Uint8Array {
  const bytes = parseKey(key);
  if (sealed.length < NONCE_BYTES + TAG_BYTES + 1)
    throw new AcctError('FILE_TRUNCATED', 'The file is cut short: it ends before its tag.');
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
  const cipher = createDecipheriv('aes-256-gcm', bytes, nonce).setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = cipher.update(body);
  try {
    return Buffer.concat([plain, cipher.final()]);
  } catch {
    // Only to say which refusal it is: the unauthenticated bytes go nowhere.
    if (looksLikeDocument(plain))
      throw new AcctError('FILE_ALTERED', 'The file was altered, or cut short: the key fits, the tag does not.');
    if (isText(sealed)) throw new AcctError('NOT_ENCRYPTED', 'The file is not encrypted by aesgcm256: it is text.');
    throw new AcctError('KEY_WRONG', 'The key does not open this file.');
  }
}

function parseKey(key: string): Uint8Array {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== key) {
    throw new AcctError('KEY_MALFORMED', 'An AES-256-GCM key is 44 characters: 32 bytes in standard base64.');
  }
  return bytes;
}

/** 28 random bytes are printable ASCII once in 10^11 files. */
const isText = (sealed: Uint8Array): boolean =>
  sealed.every((byte) => byte === 0x0a || byte === 0x0d || byte === 0x09 || (byte >= 0x20 && byte < 0x7f));
