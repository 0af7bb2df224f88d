import { ceilDivide, type Rational } from './rational.js';

/** Seconds of the price month: thirty days. */
export const SECONDS_PER_MONTH = 2_592_000n;
/** Seconds of an hour. */
const SECONDS_PER_HOUR = 3_600n;

/**
 * What `quantity` GiB cost for `seconds` whole seconds at a price per GiB-month, in millionths, rounded up once.
 * A quote, the amount earned so far and a refund (`paid - cost(used)`) all come from this one function.
 */
export const storageCostMicros = (pricePerGibMonthMicros: bigint, quantity: Rational, seconds: bigint): bigint =>
  ceilDivide(pricePerGibMonthMicros * quantity.numerator * seconds, quantity.denominator * SECONDS_PER_MONTH);

/** What a number of hours of something (cores, GPUs, GiB of memory) costs at its price per hour, in millionths, rounded up once. */
export const hoursCostMicros = (pricePerHourMicros: bigint, hours: Rational): bigint =>
  ceilDivide(pricePerHourMicros * hours.numerator, hours.denominator);

/**
 * What an amount of something costs for `seconds` whole seconds at its price per hour, in millionths, rounded up once.
 * @param amount how many: cores, GPUs, GiB of memory
 */
export const computeCostMicros = (pricePerHourMicros: bigint, amount: Rational, seconds: bigint): bigint =>
  ceilDivide(pricePerHourMicros * amount.numerator * seconds, amount.denominator * SECONDS_PER_HOUR);
