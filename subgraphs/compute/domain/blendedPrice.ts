/** Hours that are added to an allocation, in millionths, with their price and what they cost. */
export interface Addition {
  readonly quantityMicros: bigint;
  readonly unitPriceMicros: bigint;
  readonly amountMicros: bigint;
}

/**
 * The price of an hour once hours are added to those that are left, so that all of them cost what is left and what is
 * added: the weighted mean, in millionths, rounded down and never outside the two prices. At one price it stays.
 * @param restMicros the money that is left at the present price
 */
export function blendedPriceMicros(presentMicros: bigint, restMicros: bigint, added: Addition): bigint {
  const { quantityMicros, unitPriceMicros, amountMicros } = added;
  if (unitPriceMicros === presentMicros) return presentMicros;
  // rest / present hours are left; numerator and denominator are both scaled by present x 10^6.
  const numerator = presentMicros * (restMicros + amountMicros) * 1_000_000n;
  const mean = numerator / (restMicros * 1_000_000n + presentMicros * quantityMicros);
  const [least, most] =
    presentMicros < unitPriceMicros ? [presentMicros, unitPriceMicros] : [unitPriceMicros, presentMicros];
  if (mean < least) return least;
  return mean > most ? most : mean;
}
