import type { Offer } from '../domain/offer.js';
import type { Quote } from '../domain/quote.js';
import type { Store } from './ports.js';

/** A quote with its offer by the terms that were quoted, whatever was published since. */
export async function quotedOffer(
  { quotes, offers }: Pick<Store, 'quotes' | 'offers'>,
  quoteId: string,
): Promise<{ readonly quote: Quote; readonly offer: Offer }> {
  const [quote] = await quotes.byIds([quoteId]);
  const offer = quote === undefined ? null : await offers.atVersion(quote.offerId, quote.offerVersion);
  if (quote === undefined || offer === null) throw new Error('a request has a quote, and that an offer');
  return { quote, offer };
}
