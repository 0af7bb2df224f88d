import { AcctError } from '../acctError.js';
import type { AcctKey, AcctMap, AcctValue } from '../document/value.js';

const DEFAULT = 'default';
const BACKEND_KEY = 'backend_key';

/** What the reserved keys at the top of a file say. */
interface Reserved {
  /** The profile that is meant when none is named. */
  readonly defaultProfile: string;
  /** The key that holds the backends. */
  readonly backendKey: string;
}

/** Reads the reserved keys. Throws AcctError DOCUMENT_INVALID when one is not text. */
export const readReserved = (document: AcctMap): Reserved => ({
  defaultProfile: textAt(document, DEFAULT, 'default'),
  backendKey: textAt(document, BACKEND_KEY, 'acct-backends'),
});

/** The document without its reserved keys and backends: providers alone. */
export function withoutReserved(document: AcctMap, { backendKey }: Reserved): AcctMap {
  const providers = new Map<AcctKey, AcctValue>(document);
  for (const key of [DEFAULT, BACKEND_KEY, backendKey]) providers.delete(key);
  return providers;
}

function textAt(document: AcctMap, key: string, fallback: string): string {
  const value = document.get(key);
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'string') return value;
  throw new AcctError('DOCUMENT_INVALID', `The reserved key ${key} must be text.`);
}
