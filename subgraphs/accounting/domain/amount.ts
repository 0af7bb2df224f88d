import { type Money, type MoneyInput, parseMicros, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { isUnitName } from './account.js';
import type { LedgerLimits } from './limits.js';

/**
 * Reads the amount of a transaction.
 * Refusals: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE above the limit, UNIT_UNKNOWN for what cannot be a unit's name.
 */
export function parseAmount(
  input: MoneyInput,
  path: readonly string[],
  { amountMicrosMax }: LedgerLimits,
): Result<Money, InvalidInput> {
  const money = parsePositiveMoney(input, path);
  if (!money.ok) return money;
  if (money.value.micros > amountMicrosMax) {
    return err(
      invalidInput([...path, 'amount'], 'The amount is above the limit of one transaction.', 'AMOUNT_TOO_LARGE'),
    );
  }
  return isUnitName(input.unit) ? money : err(unknownUnit(path));
}

/** Reads an amount that may be zero. Refusals: as parseAmount, with AMOUNT_NOT_POSITIVE for what is below zero. */
export function parseAmountOrZero(input: MoneyInput, path: readonly string[]): Result<Money, InvalidInput> {
  const micros = parseMicros(input.amount, [...path, 'amount']);
  if (!micros.ok) return micros;
  if (micros.value < 0n) {
    return err(invalidInput([...path, 'amount'], 'The amount must not be below zero.', 'AMOUNT_NOT_POSITIVE'));
  }
  return isUnitName(input.unit) ? ok({ micros: micros.value, unit: input.unit }) : err(unknownUnit(path));
}

const unknownUnit = (path: readonly string[]): InvalidInput =>
  invalidInput([...path, 'unit'], 'There is no unit of this name.', 'UNIT_UNKNOWN');
