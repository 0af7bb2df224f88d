import { MICROS_PER_UNIT, parseMicros } from '../../../platform/kernel/money.js';
import { ceilDivide, type Rational } from '../../../platform/kernel/rational.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { accessLimits } from './limits.js';
import type { Offer } from './offer.js';

const BYTES_PER_GIB = 1_073_741_824n;

/**
 * Reads a quantity in an offer's basis, as millionths.
 * Refusal QUANTITY_OUT_OF_RANGE: not positive, more than six places (never rounded), or outside the offer's bounds.
 */
export function parseQuantity(
  decimal: string,
  offer: Pick<Offer, 'minimumQuantityMicros' | 'maximumQuantityMicros'>,
): Result<bigint, InvalidInput> {
  const refuse = (message: string) => err(invalidInput(['quantity'], message, 'QUANTITY_OUT_OF_RANGE'));
  const maximum = offer.maximumQuantityMicros ?? accessLimits.quantityMicrosMax;
  const micros = parseMicros(decimal, ['quantity']);
  if (!micros.ok && micros.refusal.code === 'AMOUNT_TOO_PRECISE') {
    return refuse('A quantity has at most six decimal places.');
  }
  if (!micros.ok || micros.value > maximum) return refuse('The quantity is above what the offer allows; ask for less.');
  if (micros.value <= 0n) return refuse('The quantity must be greater than zero.');
  if (micros.value < (offer.minimumQuantityMicros ?? 0n)) {
    return refuse('The quantity is below what the offer allows; ask for more.');
  }
  return ok(micros.value);
}

/** The exact fraction that pricing works with. */
export const toRational = (quantityMicros: bigint): Rational => ({
  numerator: quantityMicros,
  denominator: MICROS_PER_UNIT,
});

/** The whole bytes of a quantity of GiB: never fewer than were paid for. */
export const toQuotaBytes = (quantityMicros: bigint): bigint =>
  ceilDivide(quantityMicros * BYTES_PER_GIB, MICROS_PER_UNIT);
