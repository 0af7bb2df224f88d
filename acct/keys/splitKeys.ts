import { AcctError } from '../acctError.js';
import { KEYS_MAX } from '../limits.js';

/** Keys of one text: separated by spaces, commas or line ends, none of which any key has. Throws AcctError LIMIT_EXCEEDED. */
export function splitKeys(text: string): readonly string[] {
  const keys = text.split(/[\s,]+/).filter((key) => key !== '');
  if (keys.length > KEYS_MAX) throw new AcctError('LIMIT_EXCEEDED', `More than ${KEYS_MAX} keys are given.`);
  return keys;
}
