import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { commonPasswords } from './commonPasswords.js';
import { identityLimits } from './limits.js';

const { passwordCharactersMin, passwordCharactersMax } = identityLimits;

/**
 * Reads a password as it is hashed and compared: Unicode NFC, so that one password typed on two keyboards is one
 * password; nothing is trimmed, folded or cut. Null where no password can be of this form: above the length limit, or
 * with half a surrogate pair, which would be hashed as a replacement character and so equal other passwords.
 */
export function normalisePassword(text: string): string | null {
  // Two UTF-16 units a character at most, and NFC never makes a text more than three times as long.
  if (text.length > passwordCharactersMax * 6 || /\p{Cs}/u.test(text)) return null;
  const password = text.normalize('NFC');
  return [...password].length > passwordCharactersMax ? null : password;
}

/** A new person's password. Refusals: INVALID_INPUT (form), PASSWORD_TOO_COMMON (on the list, or the user name). */
export function parsePassword(text: string, username: string): Result<string, InvalidInput> {
  const password = normalisePassword(text);
  if (password === null || [...password].length < passwordCharactersMin) {
    return err(
      invalidInput(['password'], `A password has ${passwordCharactersMin} to ${passwordCharactersMax} characters.`),
    );
  }
  const folded = password.toLowerCase();
  if (folded === username || commonPasswords.has(folded)) {
    return err(
      invalidInput(
        ['password'],
        'This password is among the first that are guessed. Choose another.',
        'PASSWORD_TOO_COMMON',
      ),
    );
  }
  return ok(password);
}
