import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { judgeInForce, type Offer } from '../domain/offer.js';
import { parseQuantity } from '../domain/quantity.js';
import { makeQuote, type Quote } from '../domain/quote.js';
import { quoteClaims } from '../domain/quoteClaims.js';
import { parseWindow } from '../domain/window.js';
import type { Dependencies } from './dependencies.js';
import type { Store } from './ports.js';
import { maySeeOffer } from './visibility.js';

/** A wish to be priced. */
export interface Wish {
  readonly offerId: string;
  readonly quantity: string;
  readonly startsAt: Date | null;
  readonly endsAt: Date;
}

/** A quote with what it is for. */
export interface PricedOffer {
  readonly quote: Quote;
  readonly offer: Offer;
}

/**
 * Prices a wish and seals the quote, in the order offer, quantity, window, price.
 * Refusals: OFFER_RETIRED, OFFER_NOT_IN_FORCE, QUANTITY_OUT_OF_RANGE, WINDOW_INVALID.
 * @throws Fault NOT_FOUND for an offer that is unknown or not shown to the person
 */
export async function priceWish(
  { offers, quoteSeal }: Pick<Store, 'offers'> & Pick<Dependencies, 'quoteSeal'>,
  wish: Wish,
  { quoteId, viewer, now }: { readonly quoteId: string; readonly viewer: Person; readonly now: Date },
): Promise<Result<PricedOffer, Refusal>> {
  const [offer] = isId('offer', wish.offerId) ? await offers.byIds([wish.offerId]) : [];
  if (offer === undefined || !maySeeOffer(viewer, offer)) throw notFound('offer');
  const notInForce = judgeInForce(offer, now);
  if (notInForce !== null) return err(notInForce);
  const quantityMicros = parseQuantity(wish.quantity, offer);
  if (!quantityMicros.ok) return quantityMicros;
  const window = parseWindow(wish, now, offer);
  if (!window.ok) return window;
  const { userId: requesterId } = viewer;
  const quote = makeQuote({ id: quoteId, offer, requesterId, quantityMicros: quantityMicros.value }, window.value, now);
  if (!quote.ok) return quote;
  const proof = await quoteSeal.sign(quoteClaims(quote.value));
  return ok({ quote: { ...quote.value, proof }, offer });
}
