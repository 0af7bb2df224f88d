import { formatMicros } from '../../../platform/kernel/money.js';
import type { UnsignedQuote } from './quote.js';

/** What a quote's proof says of it: everything that it binds. Amounts and quantities are Decimals, times RFC 3339. */
export const quoteClaims = (quote: UnsignedQuote): Readonly<Record<string, string | number>> => ({
  sub: quote.id,
  requester: quote.requesterId,
  offer: quote.offerId,
  offerVersion: quote.offerVersion,
  quantity: formatMicros(quote.quantityMicros),
  startsAt: quote.startsAt.toISOString(),
  endsAt: quote.endsAt.toISOString(),
  price: formatMicros(quote.price.micros),
  total: formatMicros(quote.total.micros),
  unit: quote.total.unit,
  expiresAt: quote.expiresAt.toISOString(),
});
