/** An exact fraction of whole numbers; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Reads a Decimal (already of the form -?digits[.digits]) exactly. */
export function parseRational(decimal: string): Rational {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) };
}

/** Writes a fraction whose denominator is a power of ten as a Decimal. */
export function formatRational({ numerator, denominator }: Rational): string {
  const places = denominator.toString().length - 1;
  if (places === 0) return numerator.toString();
  const digits = (numerator < 0n ? -numerator : numerator).toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${numerator < 0n ? '-' : ''}${digits.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The next whole number that is not below a non-negative fraction. */
export const ceilDivide = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;
