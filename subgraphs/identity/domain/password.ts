import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { commonPasswords } from './commonPasswords.js';
import { identityLimits } from './limits.js';

const { passwordCharactersMin, passwordCharactersMax } = identityLimits;

/**
 * Reads a password as it is hashed and compared: Unicode NFKC (NIST SP 800-63B), so that one password typed on two
 * keyboards is one password; nothing is trimmed, folded or cut. Null where no password can be of this form: above the
 * length limit, or with half a surrogate pair, which would be hashed as a replacement character and so equal others.
 */
export function normalisePassword(text: string): string | null {
  // Two UTF-16 units a character at most, and NFKC never makes a text less than a third as long in characters.
  if (text.length > passwordCharactersMax * 6 || /\p{Cs}/u.test(text)) return null;
  const password = text.normalize('NFKC');
  return [...password].length > passwordCharactersMax ? null : password;
}

/**
 * A new password. Characters are Unicode code points, counted as they are compared; a single one that NFKC writes out as
 * eight or more is still one. Refusals: INVALID_INPUT (form), PASSWORD_TOO_COMMON (on the list, or the user name).
 * @param path where the password stands in the input
 */
export function parsePassword(
  text: string,
  username: string,
  path: readonly string[] = ['password'],
): Result<string, InvalidInput> {
  const password = normalisePassword(text);
  const shortest = password === null ? 0 : Math.min([...password].length, [...text].length);
  if (password === null || shortest < passwordCharactersMin) {
    return err(invalidInput(path, `A password has ${passwordCharactersMin} to ${passwordCharactersMax} characters.`));
  }
  const folded = password.toLowerCase();
  if (folded === username || commonPasswords.has(folded)) {
    return err(
      invalidInput(path, 'This password is among the first that are guessed. Choose another.', 'PASSWORD_TOO_COMMON'),
    );
  }
  return ok(password);
}
