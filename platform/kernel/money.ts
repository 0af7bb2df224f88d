import { type InvalidInput, invalidInput } from './refusal.js';
import { err, ok, type Result } from './result.js';

/** An exact amount: a whole number of millionths of one unit. */
export interface Money {
  readonly micros: bigint;
  readonly unit: string;
}

/** An amount as clients send it. */
export interface MoneyInput {
  readonly amount: string;
  readonly unit: string;
}

/** How many millionths make one unit. */
export const MICROS_PER_UNIT = 1_000_000n;
/** The form of a unit's name. A text of another form names no unit, and need not be looked up. */
export const isUnitName = (text: string): boolean => /^[A-Z][A-Z0-9_]{0,31}$/.test(text);

const DECIMAL_PLACES = 6;
/** The largest value of a BIGINT column. */
export const MICROS_MAX = 2n ** 63n - 1n;

/**
 * Reads a Decimal (already of the form -?digits[.digits]) as millionths.
 * Refusals: AMOUNT_TOO_PRECISE where there are more than six decimal places (never rounded); AMOUNT_TOO_LARGE beyond BIGINT.
 */
export function parseMicros(decimal: string, path: readonly string[]): Result<bigint, InvalidInput> {
  const negative = decimal.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? decimal.slice(1) : decimal).split('.');
  if (fraction.length > DECIMAL_PLACES) {
    return err(invalidInput(path, 'An amount has at most six decimal places.', 'AMOUNT_TOO_PRECISE'));
  }
  const micros = BigInt(whole) * MICROS_PER_UNIT + BigInt(fraction.padEnd(DECIMAL_PLACES, '0'));
  if (micros > MICROS_MAX) return err(invalidInput(path, 'The amount is too large.', 'AMOUNT_TOO_LARGE'));
  return ok(negative ? -micros : micros);
}

/**
 * Reads an amount that must be positive, as transfers, holds and captures take it.
 * Refusals: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE.
 */
export function parsePositiveMoney(input: MoneyInput, path: readonly string[]): Result<Money, InvalidInput> {
  const micros = parseMicros(input.amount, [...path, 'amount']);
  if (!micros.ok) return micros;
  if (micros.value <= 0n) {
    return err(invalidInput([...path, 'amount'], 'The amount must be greater than zero.', 'AMOUNT_NOT_POSITIVE'));
  }
  return ok({ micros: micros.value, unit: input.unit });
}

/** Writes millionths as a Decimal without trailing zeros: 1500000n is '1.5'. */
export function formatMicros(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros;
  const fraction = (magnitude % MICROS_PER_UNIT).toString().padStart(DECIMAL_PLACES, '0').replace(/0+$/, '');
  const whole = (magnitude / MICROS_PER_UNIT).toString();
  return `${micros < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
