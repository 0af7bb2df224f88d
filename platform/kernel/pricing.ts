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

/** What a number of core-hours costs at a price per core-hour, in millionths, rounded up once. */
export const coreHoursCostMicros = (pricePerCoreHourMicros: bigint, coreHours: Rational): bigint =>
  ceilDivide(pricePerCoreHourMicros * coreHours.numerator, coreHours.denominator);

/** What `cores` cost for `seconds` whole seconds at a price per core-hour, in millionths, rounded up once. */
export const computeCostMicros = (pricePerCoreHourMicros: bigint, cores: bigint, seconds: bigint): bigint =>
  ceilDivide(pricePerCoreHourMicros * cores * seconds, SECONDS_PER_HOUR);
