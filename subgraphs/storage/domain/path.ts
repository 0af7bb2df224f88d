import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { storageLimits } from './limits.js';

// Control characters and lone surrogates have no place in a name; line separators and bidirectional overrides make one
// name look like another. Joiners (\p{Cf} otherwise) stay: emoji and several scripts need them. A backslash separates
// folders on some clients' machines, so that a name with one would leave the folder it was put into there.
const FORBIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\\]/u;
// What a careless client would decode to a slash, a backslash, a NUL or a dot segment.
const ENCODED = /%(?:2f|5c|00)/i;
const ENCODED_DOTS = /^(?:\.|%2e){1,2}$/i;

/**
 * The one spelling of a file's path: NFC, without `.`, `..`, empty names and outer slashes. `/test/one/../two/test.py`
 * is `test/two/test.py`. Refusal: PATH_INVALID at `at`, also for a path that leaves the drive or names its root.
 */
export function parsePath(text: string, at: readonly string[]): Result<string, InvalidInput> {
  const folder = parseFolder(text, at);
  if (folder.ok && folder.value === '') return invalid(at, 'The path is empty.');
  return folder;
}

/** As parsePath, but the root, '', is allowed. */
export function parseFolder(text: string, at: readonly string[]): Result<string, InvalidInput> {
  // Judged before it is normalised, so that a huge text costs nothing; NFC never makes three times as many bytes.
  if (text.length > storageLimits.pathBytesMax * 3) return tooLong(at);
  const normal = text.normalize('NFC');
  if (FORBIDDEN.test(normal) || ENCODED.test(normal))
    return invalid(at, 'The path has characters that are not allowed.');
  const names: string[] = [];
  for (const name of normal.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (names.pop() === undefined) return invalid(at, 'The path leaves the drive.');
      continue;
    }
    if (ENCODED_DOTS.test(name)) return invalid(at, 'The path has characters that are not allowed.');
    if (Buffer.byteLength(name) > storageLimits.segmentBytesMax) {
      return invalid(at, `A name in a path has at most ${storageLimits.segmentBytesMax} bytes.`);
    }
    names.push(name);
  }
  const path = names.join('/');
  return Buffer.byteLength(path) > storageLimits.pathBytesMax ? tooLong(at) : ok(path);
}

const tooLong = (at: readonly string[]) => invalid(at, `A path has at most ${storageLimits.pathBytesMax} bytes.`);

const invalid = (at: readonly string[], message: string) => err(invalidInput(at, message, 'PATH_INVALID'));
