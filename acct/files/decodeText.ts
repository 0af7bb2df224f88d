import { AcctError } from '../acctError.js';

/** The text of a file. Throws AcctError DOCUMENT_INVALID when it is not UTF-8. */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AcctError('DOCUMENT_INVALID', `${name} is not UTF-8 text.`);
  }
}
