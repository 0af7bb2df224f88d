import { formatMicros, MICROS_PER_UNIT, type Money } from '../../../platform/kernel/money.js';
import { hoursCostMicros, SECONDS_PER_MONTH, storageCostMicros } from '../../../platform/kernel/pricing.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { accessLimits } from './limits.js';
import type { Offer, OfferKind, PriceBasis } from './offer.js';
import { toRational } from './quantity.js';
import { type Window, wholeSeconds } from './window.js';

/** A price that binds until it expires, before it is sealed. */
export interface UnsignedQuote extends Window {
  readonly id: string;
  readonly offerId: string;
  /** The version of the offer whose terms it binds. */
  readonly offerVersion: number;
  /** The person it was given to. */
  readonly requesterId: string;
  readonly quantityMicros: bigint;
  /** The price of one unit of quantity when it was quoted. */
  readonly price: Money;
  readonly total: Money;
  readonly expiresAt: Date;
}

/** The same as it is given out. */
export interface Quote extends UnsignedQuote {
  /** A compact JWS over everything that it binds (quoteClaims.ts). */
  readonly proof: string;
}

/** One line of a quote or invoice. */
export interface QuoteLine {
  readonly description: string;
  /** In the offer's basis. */
  readonly quantityMicros: bigint;
  readonly unitPrice: Money;
  readonly amount: Money;
}

/** What a quantity costs over a window at a price, in millionths, rounded up once. */
export function costMicros(kind: OfferKind, priceMicros: bigint, quantityMicros: bigint, seconds: bigint): bigint {
  const quantity = toRational(quantityMicros);
  // Hours of cores, GPUs or memory are an amount of work: they cost the same however long the window is.
  return kind === 'STORAGE'
    ? storageCostMicros(priceMicros, quantity, seconds)
    : hoursCostMicros(priceMicros, quantity);
}

/** The most that a sum pays for, in millionths of a unit of quantity: what it costs is never above the sum. */
export function quantityFor(kind: OfferKind, priceMicros: bigint, sumMicros: bigint, seconds: bigint): bigint {
  // The price is rounded up to the next millionth, so the largest quantity is the one that it takes all of the sum for.
  return kind === 'STORAGE'
    ? (sumMicros * MICROS_PER_UNIT * SECONDS_PER_MONTH) / (priceMicros * seconds)
    : (sumMicros * MICROS_PER_UNIT) / priceMicros;
}

/** A part of what was quoted, as a quote: its lines are those of the invoice. */
export const partOf = (
  quote: Quote,
  part: { readonly quantityMicros: bigint; readonly totalMicros: bigint },
): Quote => ({
  ...quote,
  quantityMicros: part.quantityMicros,
  total: { micros: part.totalMicros, unit: quote.total.unit },
});

/**
 * Prices a wish.
 * Refusal QUANTITY_OUT_OF_RANGE where the sum is above what one transfer may move.
 */
export function makeQuote(
  wish: { readonly id: string; readonly offer: Offer; readonly requesterId: string; readonly quantityMicros: bigint },
  window: Window,
  now: Date,
): Result<UnsignedQuote, InvalidInput> {
  const { offer, quantityMicros } = wish;
  const micros = costMicros(offer.kind, offer.price.micros, quantityMicros, wholeSeconds(window));
  if (micros > accessLimits.totalMicrosMax) {
    const message = 'The price is above what one payment may move; ask for less.';
    return err(invalidInput(['quantity'], message, 'QUANTITY_OUT_OF_RANGE'));
  }
  return ok({
    id: wish.id,
    offerId: offer.id,
    offerVersion: offer.version,
    requesterId: wish.requesterId,
    quantityMicros,
    startsAt: window.startsAt,
    endsAt: window.endsAt,
    price: offer.price,
    total: { micros, unit: offer.price.unit },
    expiresAt: new Date(now.getTime() + accessLimits.quoteLifetimeMs),
  });
}

/** How a quote's price comes about; the invoice has the same lines. */
export const linesOf = (quote: UnsignedQuote, per: PriceBasis): readonly QuoteLine[] => [
  lineOf({ ...quote, unitPrice: quote.price, amount: quote.total }, per),
];

/** One line: a quantity over a window at a price. */
export function lineOf(item: Window & Omit<QuoteLine, 'description'>, per: PriceBasis): QuoteLine {
  const { quantityMicros, unitPrice, amount } = item;
  const quantity = formatMicros(quantityMicros);
  const description =
    per === 'GIB_MONTH'
      ? `Drive of ${quantity} GiB for ${wholeSeconds(item)} s (a month is 2592000 s)`
      : `${quantity} ${hoursOf[per]}`;
  return { description, quantityMicros, unitPrice, amount };
}

const hoursOf = {
  CORE_HOUR: 'core-hours',
  GPU_HOUR: 'GPU-hours',
  MEMORY_GIB_HOUR: 'GiB-hours of memory',
} as const;

/** Whether a quote still binds. */
export const isBinding = (quote: Pick<Quote, 'expiresAt'>, now: Date): boolean => now < quote.expiresAt;
