import { limits } from '../../../platform/kernel/limits.js';
import type { Money, MoneyInput } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseExact, parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from './amount.js';
import { holdSecondsDefault, type LedgerLimits } from './limits.js';

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
  return text == null ? ok('') : parseExact(text, path, limits.resourceCharactersMax);
}

/** What a hold is placed with, besides its accounts. */
export interface HoldTermsInput {
  readonly amount: MoneyInput;
  readonly expiresInSeconds?: number | null;
  readonly resource?: string | null;
  readonly reason: string;
}

/** What a hold is placed with, read. */
interface HoldTerms {
  readonly amount: Money;
  readonly expiresInSeconds: number;
  /** '' where nothing is named. */
  readonly resource: string;
  readonly reason: string;
}

/** Reads a hold's terms. Refusals: those of parseAmount, parseHoldSeconds, parseResource, and INVALID_INPUT (reason). */
export function parseHoldTerms(input: HoldTermsInput, ledger: LedgerLimits): Result<HoldTerms, InvalidInput> {
  const amount = parseAmount(input.amount, ['amount'], ledger);
  if (!amount.ok) return amount;
  const seconds = parseHoldSeconds(input.expiresInSeconds, ['expiresInSeconds'], ledger);
  if (!seconds.ok) return seconds;
  const resource = parseResource(input.resource, ['resource']);
  if (!resource.ok) return resource;
  const reason = parseLine(input.reason, ['reason'], limits.descriptionCharactersMax);
  if (!reason.ok) return reason;
  return ok({
    amount: amount.value,
    expiresInSeconds: seconds.value,
    resource: resource.value,
    reason: reason.value,
  });
}
