import type { Quote } from '../domain/quote.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { QuoteModel } from '../generated/prisma/models.js';
import type { Quotes } from '../usecases/ports.js';

/** A row as the domain has it. */
export const toQuote = (row: QuoteModel): Quote => ({
  id: row.id,
  offerId: row.offerId,
  offerVersion: row.offerVersion,
  requesterId: row.requesterId,
  quantityMicros: row.quantityMicros,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  price: { micros: row.priceMicros, unit: row.unit },
  total: { micros: row.totalMicros, unit: row.unit },
  expiresAt: row.expiresAt,
  proof: row.proof,
});

/** The quotes in the database. */
export const quotesIn = (prisma: Prisma.TransactionClient): Quotes => ({
  async byIds(ids) {
    return (await prisma.quote.findMany({ where: { id: { in: [...ids] } } })).map(toQuote);
  },
  async insert({ price, total, ...quote }, madeForId) {
    await prisma.quote.create({
      data: { ...quote, priceMicros: price.micros, unit: price.unit, totalMicros: total.micros, madeForId },
    });
  },
});
