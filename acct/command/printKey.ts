import { writeSync } from 'node:fs';
import { AcctError, systemCode } from '../acctError.js';

/**
 * Prints a generated key alone on the standard output, and returns once it is written: what is encrypted by it may take
 * its place only then.
 * @throws AcctError FILE_UNUSABLE
 */
export function printKey(key: string): void {
  try {
    writeSync(1, `${key}\n`);
  } catch (error) {
    throw new AcctError(
      'FILE_UNUSABLE',
      `The generated key cannot be printed (${systemCode(error)}); nothing was changed.`,
    );
  }
}
