import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AcctError } from '../acctError.js';
import { looksLikeDocument } from './plausible.js';
import type { CryptoPlugin } from './plugin.js';

const VERSION = 0x80;
const HEADER_BYTES = 1 + 8;
const BLOCK_BYTES = 16;
const HMAC_BYTES = 32;
const TOKEN_BYTES_MIN = HEADER_BYTES + BLOCK_BYTES + BLOCK_BYTES + HMAC_BYTES;

/** What a token takes from outside; given by tests to get a known token. */
interface FernetMoment {
  readonly seconds: bigint;
  readonly iv: Uint8Array;
}

/** Fernet (https://github.com/fernet/spec): AES-128-CBC and HMAC-SHA256 in one base64url text. There is no time limit. */
export const fernet: CryptoPlugin = {
  name: 'fernet',
  generateKey: () => toBase64url(randomBytes(32)),
  checkKey: (key) => void splitKey(key),
  encrypt: (plain, key) =>
    sealFernet(plain, key, { seconds: BigInt(Math.floor(Date.now() / 1000)), iv: randomBytes(BLOCK_BYTES) }),
  decrypt: openFernet,
};

/** Makes the token for one moment. */
export function sealFernet(plain: Uint8Array, key: string, { seconds, iv }: FernetMoment): Uint8Array {
  const { signing, encryption } = splitKey(key);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(seconds);
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const signed = Buffer.concat([Buffer.of(VERSION), time, iv, cipher.update(plain), cipher.final()]);
  const signature = createHmac('sha256', signing).update(signed).digest();
  return Buffer.from(toBase64url(Buffer.concat([signed, signature])), 'latin1');
}

function openFernet(sealed: Uint8Array, key: string): Uint8Array {
  const { signing, encryption } = splitKey(key);
  const token = parseToken(sealed);
  const signed = token.subarray(0, -HMAC_BYTES);
  const expected = createHmac('sha256', signing).update(signed).digest();
  const iv = signed.subarray(HEADER_BYTES, HEADER_BYTES + BLOCK_BYTES);
  const body = signed.subarray(HEADER_BYTES + BLOCK_BYTES);
  if (timingSafeEqual(expected, token.subarray(-HMAC_BYTES))) return decipher(body, encryption, iv, true);
  if (looksLikeDocument(withoutPadding(decipher(body, encryption, iv, false)))) {
    throw new AcctError('FILE_ALTERED', 'The file was altered, or cut short: the key fits, the signature does not.');
  }
  throw new AcctError('KEY_WRONG', 'The key does not open this file.');
}

/** The bytes of the token, in the one spelling that they have. A line end after it is what an editor adds. */
function parseToken(sealed: Uint8Array): Buffer {
  const text = Buffer.from(sealed)
    .toString('latin1')
    .replace(/[\r\n]+$/, '');
  if (text === '') throw new AcctError('FILE_TRUNCATED', 'The file is empty.');
  if (!text.startsWith('gA')) throw new AcctError('NOT_ENCRYPTED', 'The file is not encrypted: it is no Fernet token.');
  if (!/^[\w-]*={0,2}$/.test(text))
    throw new AcctError('FILE_ALTERED', 'The file was altered: it has characters that no token has.');
  const token = Buffer.from(text, 'base64url');
  if (text.length % 4 !== 0 || token.length < TOKEN_BYTES_MIN || (token.length - HEADER_BYTES) % BLOCK_BYTES !== 0) {
    throw new AcctError('FILE_TRUNCATED', 'The file is cut short: the token ends too early.');
  }
  if (token[0] !== VERSION || toBase64url(token) !== text)
    throw new AcctError('FILE_ALTERED', 'The file was altered: it is not a Fernet token any more.');
  return token;
}

function splitKey(key: string): { readonly signing: Uint8Array; readonly encryption: Uint8Array } {
  const bytes = Buffer.from(key, 'base64url');
  if (!/^[\w-]{43}=$/.test(key) || toBase64url(bytes) !== key) {
    throw new AcctError('KEY_MALFORMED', 'A Fernet key is 44 characters: 32 bytes in base64url.');
  }
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

function decipher(body: Uint8Array, key: Uint8Array, iv: Uint8Array, padded: boolean): Buffer {
  const cipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(padded);
  try {
    return Buffer.concat([cipher.update(body), cipher.final()]);
  } catch {
    // Only a writer that pads wrongly gets here: the signature was checked before, or the padding is left alone.
    throw new AcctError('FILE_ALTERED', 'The file is not what a Fernet writer makes: its padding is wrong.');
  }
}

function withoutPadding(plain: Buffer): Buffer {
  const padding = plain.at(-1) ?? 0;
  return padding <= BLOCK_BYTES ? plain.subarray(0, plain.length - padding) : plain;
}

const toBase64url = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
