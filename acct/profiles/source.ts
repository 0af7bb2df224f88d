import { AcctError } from '../acctError.js';
import { backendFinder } from '../backends/find.js';
import { findCryptoPlugin } from '../crypto/find.js';
import { readDocument } from '../document/document.js';
import { deepMerge } from '../document/merge.js';
import type { AcctMap } from '../document/value.js';
import { decodeText } from '../files/decodeText.js';
import { readFileBounded } from '../files/readFileBounded.js';
import { open } from '../sealed.js';
import { unlockBackends } from './backends.js';

/** Where profiles come from. */
export interface DocumentSource {
  /** The encrypted file; null: there is none, and the document is empty. */
  readonly file: string | null;
  /** Any of them may open the file. */
  readonly keys: readonly string[];
  readonly cryptoPlugin: string;
  /** The directory with `crypto/`, `backend/` and `gather/`; null: built-in plugins alone. */
  readonly pluginDirectory: string | null;
  /** The backend profiles that may be unlocked; null: all. */
  readonly allowedBackendProfiles: readonly string[] | null;
  /** Takes a file that is not encrypted for what it is, instead of refusing it. */
  readonly allowPlaintext: boolean;
  readonly overrides: AcctMap;
}

/**
 * Reads the document of a file alone.
 * @throws AcctError as open, readFileBounded and findCryptoPlugin
 */
export async function readSource(source: DocumentSource): Promise<AcctMap> {
  if (source.file === null) return new Map();
  const bytes = await readFileBounded(source.file);
  const plugin = await findCryptoPlugin(source.cryptoPlugin, source.pluginDirectory);
  try {
    // Without any key, a file that may be plaintext is read as such.
    if (source.allowPlaintext && source.keys.length === 0)
      return readDocument(decodeText(bytes, source.file), source.file);
    return open(bytes, source.keys, plugin);
  } catch (error) {
    if (!(error instanceof AcctError)) throw error;
    if (error.code === 'NOT_ENCRYPTED' && source.allowPlaintext)
      return readDocument(decodeText(bytes, source.file), source.file);
    throw error;
  }
}

/**
 * Reads the document, then its backends over it, then the overrides over both.
 * @throws AcctError as readSource and unlockBackends
 */
export async function resolveSource(source: DocumentSource): Promise<AcctMap> {
  const document = await unlockBackends(await readSource(source), {
    find: backendFinder(source.pluginDirectory),
    allowed: source.allowedBackendProfiles,
  });
  return deepMerge(document, source.overrides);
}
