import { limits } from './limits.js';
import { type InvalidInput, invalidInput } from './refusal.js';
import { err, ok, type Result } from './result.js';

// Control, format (bidirectional overrides), surrogate and private-use characters could make a name look like another.
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u;

/**
 * A line of text that people will read: normalised (NFC), trimmed, 1 to `charactersMax` characters, without control
 * characters. Refusal: INVALID_INPUT at `path`.
 */
export function parseLine(
  text: string,
  path: readonly string[],
  charactersMax: number = limits.nameCharactersMax,
): Result<string, InvalidInput> {
  const line = text.normalize('NFC').trim();
  const characters = [...line].length;
  if (characters === 0) return err(invalidInput(path, `${path.join('.')} must not be empty.`));
  if (characters > charactersMax) {
    return err(
      invalidInput(path, `${path.join('.')} has ${characters} characters; at most ${charactersMax} are allowed.`),
    );
  }
  if (FORBIDDEN.test(line)) return err(invalidInput(path, `${path.join('.')} has control characters.`));
  return ok(line);
}

/**
 * Text that a program will compare exactly: kept as it is, 1 to `charactersMax` characters, without control characters.
 * Refusal: INVALID_INPUT at `path`.
 */
export function parseExact(text: string, path: readonly string[], charactersMax: number): Result<string, InvalidInput> {
  const characters = [...text].length;
  if (characters < 1 || characters > charactersMax || /[\p{Cc}\p{Cs}]/u.test(text)) {
    const message = `${path.join('.')} must be 1 to ${charactersMax} characters without control characters.`;
    return err(invalidInput(path, message));
  }
  return ok(text);
}
