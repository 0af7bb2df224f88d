import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';

/** Words over several lines; a line of it keeps to the rules of any line. Null for none. Refusal INVALID_INPUT. */
export function parseWords(
  text: string | null | undefined,
  path: readonly [string],
  charactersMax: number,
): Result<string | null, InvalidInput> {
  if (text == null || text.trim() === '') return ok(null);
  const line = parseLine(text.replace(/[\r\n\t]/g, ' '), path, charactersMax);
  return line.ok ? ok(text.normalize('NFC').trim()) : line;
}

/** The same where there must be some. */
export function requireWords(
  text: string,
  path: readonly [string],
  charactersMax: number,
): Result<string, InvalidInput> {
  const words = parseWords(text, path, charactersMax);
  if (!words.ok) return words;
  return words.value === null ? err(invalidInput(path, `${path[0]} must not be empty.`)) : ok(words.value);
}
