import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { holdSecondsDefault, type LedgerLimits, resourceCharactersMax } from './limits.js';

/** Reads how long a hold shall last. Refusal: INVALID_INPUT outside 1 second to the limit. */
export function parseHoldSeconds(
  seconds: number | null | undefined,
  path: readonly string[],
  { holdSecondsMax }: LedgerLimits,
): Result<number, InvalidInput> {
  const wanted = seconds ?? Math.min(holdSecondsDefault, holdSecondsMax);
  if (wanted < 1 || wanted > holdSecondsMax) {
    return err(invalidInput(path, `${path.join('.')} must be 1 to ${holdSecondsMax}.`));
  }
  return ok(wanted);
}

/** Reads what a hold is for: kept as it is, since it will be compared exactly. Refusal: INVALID_INPUT. */
export function parseResource(text: string | null | undefined, path: readonly string[]): Result<string, InvalidInput> {
  if (text == null) return ok('');
  const characters = [...text].length;
  if (characters < 1 || characters > resourceCharactersMax || /[\p{Cc}\p{Cs}]/u.test(text)) {
    return err(
      invalidInput(
        path,
        `${path.join('.')} must be 1 to ${resourceCharactersMax} characters without control characters.`,
      ),
    );
  }
  return ok(text);
}
