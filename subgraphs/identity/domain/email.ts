import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from './limits.js';

// The shape alone: whether mail arrives shows only by sending some. Quoted local parts are not taken.
const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?';
const EMAIL = new RegExp(`^[^\\s"(),:;<>@[\\\\\\]\\p{C}]{1,64}@${LABEL}(?:\\.${LABEL})+$`, 'u');

/** A mail address of the form local@domain.tld, at most 254 characters. Refusal: INVALID_INPUT. */
export function parseEmail(text: string): Result<string, InvalidInput> {
  // Measured first, so that no long text is matched against the pattern.
  if (text.length <= identityLimits.emailCharactersMax) {
    const email = text.normalize('NFC');
    if (EMAIL.test(email)) return ok(email);
  }
  return err(invalidInput(['email'], 'A mail address has the form name@example.org.'));
}
