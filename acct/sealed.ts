import { AcctError } from './acctError.js';
import type { CryptoPlugin } from './crypto/plugin.js';
import { decodeMsgpack } from './document/msgpack/decode.js';
import { encodeMsgpack } from './document/msgpack/encode.js';
import type { AcctMap, AcctValue } from './document/value.js';

/** Checks all keys before any is used, so that a slip is seen with the file unchanged. Throws AcctError KEY_MALFORMED. */
export function checkKeys(keys: readonly string[], plugin: CryptoPlugin): void {
  for (const [index, key] of keys.entries()) {
    try {
      plugin.checkKey(key);
    } catch (error) {
      if (!(error instanceof AcctError) || keys.length === 1) throw error;
      throw new AcctError(error.code, `Key ${index + 1} of ${keys.length}: ${error.message}`);
    }
  }
}

/** The bytes of a file that holds the document. */
export const seal = (document: AcctMap, key: string, plugin: CryptoPlugin): Uint8Array =>
  plugin.encrypt(encodeMsgpack(document), key);

/**
 * Opens a file with whichever key fits.
 * @throws AcctError KEY_MISSING, KEY_MALFORMED, KEY_WRONG, FILE_TRUNCATED, FILE_ALTERED, NOT_ENCRYPTED, DOCUMENT_INVALID
 */
export function open(sealed: Uint8Array, keys: readonly string[], plugin: CryptoPlugin): AcctMap {
  if (keys.length === 0)
    throw new AcctError('KEY_MISSING', 'No key was given: use --acct-key, --acct-key-file or ACCT_KEY.');
  checkKeys(keys, plugin);
  const refusals: AcctError[] = [];
  for (const key of keys) {
    try {
      return mapping(decodeMsgpack(plugin.decrypt(sealed, key)));
    } catch (error) {
      if (!(error instanceof AcctError)) throw error;
      // Which refusal it is may be a guess: the next key may open the file all the same.
      refusals.push(error);
    }
  }
  const telling = refusals.find(({ code }) => code !== 'KEY_WRONG');
  if (telling !== undefined) throw telling;
  throw new AcctError(
    'KEY_WRONG',
    keys.length === 1 ? 'The key does not open this file.' : `None of the ${keys.length} keys opens this file.`,
  );
}

/** An empty document is what Python's tool makes of an empty file. */
function mapping(document: AcctValue): AcctMap {
  if (document instanceof Map) return document;
  if (document === null || document === '') return new Map();
  throw new AcctError('DOCUMENT_INVALID', 'The decrypted document is not a mapping of providers.');
}
