import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../../../platform/kernel/money.js';
import { firstBootOffers } from '../../../subgraphs/access/domain/firstBootOffers.js';
import { earnedMicros, type GrantPart, grantStatus } from '../../../subgraphs/access/domain/grant.js';
import { accessLimits } from '../../../subgraphs/access/domain/limits.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';
import { parseQuantity, toQuotaBytes } from '../../../subgraphs/access/domain/quantity.js';
import {
  costMicros,
  isBinding,
  linesOf,
  makeQuote,
  quantityFor,
  type UnsignedQuote,
} from '../../../subgraphs/access/domain/quote.js';

// Invariants, for any price, quantity and window (seed and path are printed by fast-check where one fails):
// P1 the total is the sum of the lines; P2 it is the exact cost, rounded up by less than a millionth;
// P3 what is earned never falls with time, never exceeds what was paid, and is all of it when the window is over;
// P4 earned and refund add up to what was paid; P5 a quota never has fewer bytes than were paid for.

const [storage, compute] = firstBootOffers;
if (storage === undefined || compute === undefined) throw new Error('there are two offers');
const epoch = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(epoch.getTime() + seconds * 1_000);

const quantities = fc.bigInt({ min: 1n, max: 10n ** 12n });
const prices = fc.bigInt({ min: 1n, max: 10n ** 9n });
const seconds = fc.integer({ min: 1, max: 366 * 86_400 });

function quoteOf(offer: Offer, price: bigint, quantityMicros: bigint, length: number): UnsignedQuote {
  const priced = { ...offer, price: { micros: price, unit: 'CREDIT' } };
  const wish = { id: 'quo', offer: priced, requesterId: 'usr', quantityMicros };
  const quote = makeQuote(wish, { startsAt: epoch, endsAt: later(length) }, epoch);
  if (!quote.ok) throw new Error(quote.refusal.message);
  return quote.value;
}

const grantOf = (quote: UnsignedQuote, over: Partial<GrantPart> = {}) => ({
  paidMicros: quote.total.micros,
  parts: [{ ...quote, activatedAt: epoch, priceMicros: quote.price.micros, paidMicros: quote.total.micros, ...over }],
});

describe('a quote', () => {
  it('is exact for storage (P1, P2)', () => {
    fc.assert(
      fc.property(prices, quantities, seconds, (price, quantity, length) => {
        const quote = quoteOf(storage, price, quantity, length);
        const lines = linesOf(quote, 'GIB_MONTH');
        expect(lines.reduce((sum, { amount }) => sum + amount.micros, 0n)).toBe(quote.total.micros);
        const exact = price * quantity * BigInt(length);
        const scale = 1_000_000n * 2_592_000n;
        expect(quote.total.micros * scale >= exact && (quote.total.micros - 1n) * scale < exact).toBe(true);
      }),
    );
  });

  it('is exact for compute, however long the window (P1, P2)', () => {
    fc.assert(
      fc.property(prices, quantities, seconds, (price, quantity, length) => {
        const total = quoteOf(compute, price, quantity, length).total.micros;
        const exact = price * quantity;
        expect(total * 1_000_000n >= exact && (total - 1n) * 1_000_000n < exact).toBe(true);
      }),
    );
  });

  it('of 10 GiB for 30 days is 10 CREDIT, and for 15 days 5', () => {
    expect(formatMicros(quoteOf(storage, 1_000_000n, 10_000_000n, 30 * 86_400).total.micros)).toBe('10');
    expect(formatMicros(quoteOf(storage, 1_000_000n, 10_000_000n, 15 * 86_400).total.micros)).toBe('5');
  });

  it('binds for a quarter of an hour', () => {
    const quote = quoteOf(storage, 1n, 1n, 1);
    expect(isBinding(quote, later(15 * 60 - 1))).toBe(true);
    expect(isBinding(quote, later(15 * 60))).toBe(false);
  });

  it('above what one payment may move is refused', () => {
    const offer = { ...storage, price: { micros: accessLimits.totalMicrosMax, unit: 'CREDIT' } };
    const wish = { id: 'quo', offer, requesterId: 'usr', quantityMicros: 10_000_000n };
    expect(makeQuote(wish, { startsAt: epoch, endsAt: later(2_592_000) }, epoch)).toMatchObject({
      ok: false,
      refusal: { code: 'QUANTITY_OUT_OF_RANGE', path: ['quantity'] },
    });
  });
});

describe('what is earned', () => {
  it('grows with time up to what was paid (P3, P4)', () => {
    fc.assert(
      fc.property(
        prices,
        quantities,
        seconds,
        fc.integer({ min: 0, max: 400 * 86_400 }),
        (price, quantity, length, used) => {
          const grant = grantOf(quoteOf(storage, price, quantity, length));
          const earned = earnedMicros(grant, 'STORAGE', later(used));
          const next = earnedMicros(grant, 'STORAGE', later(used + 1));
          expect(earned <= next && next <= grant.paidMicros).toBe(true);
          expect(earnedMicros(grant, 'STORAGE', later(length))).toBe(grant.paidMicros);
        },
      ),
    );
  });

  it('begins when a drive that came late is there, beyond a minute of tolerance, and never falls below nothing', () => {
    const month = quoteOf(storage, 1_000_000n, 10_000_000n, 30 * 86_400);
    const earned = (activated: number, at: number) =>
      earnedMicros(grantOf(month, { activatedAt: later(activated) }), 'STORAGE', later(at));
    const day = 86_400;
    expect(earned(-day, 3 * day)).toBe(1_000_000n);
    expect(earned(60, 3 * day)).toBe(1_000_000n);
    expect(earned(3 * day, 3 * day)).toBe(0n);
    expect(earned(3 * day, 6 * day)).toBe(1_000_000n);
    expect(earned(3 * day, 31 * day)).toBe(9_000_000n);
    expect(earned(31 * day, 32 * day)).toBe(0n);
  });

  it('is capped by what was paid, whatever the price says', () => {
    const grant = grantOf(quoteOf(storage, 1_000_000n, 10_000_000n, 2_592_000), { paidMicros: 7n });
    expect(earnedMicros(grant, 'STORAGE', later(2_592_000))).toBe(7n);
  });

  it('is nothing for compute: its jobs capture by themselves', () => {
    expect(earnedMicros(grantOf(quoteOf(compute, 1_000_000n, 10_000_000n, 60)), 'COMPUTE', later(60))).toBe(0n);
  });
});

describe('what a sum pays for', () => {
  it('costs no more than the sum, and the next millionth of it would (P6)', () => {
    fc.assert(
      fc.property(prices, quantities, seconds, (price, sum, length) => {
        for (const kind of ['STORAGE', 'COMPUTE'] as const) {
          const quantity = quantityFor(kind, price, sum, BigInt(length));
          expect(costMicros(kind, price, quantity, BigInt(length)) <= sum).toBe(true);
          expect(costMicros(kind, price, quantity + 1n, BigInt(length)) > sum).toBe(true);
        }
      }),
    );
  });
});

describe('a quantity', () => {
  const offer = { minimumQuantityMicros: null, maximumQuantityMicros: null };
  it.each([
    ['1', 1_000_000n],
    ['0.000001', 1n],
    ['1000000000', 10n ** 15n],
    ['10.500000', 10_500_000n],
  ])('%s is read exactly', (text, micros) => {
    expect(parseQuantity(text, offer)).toEqual({ ok: true, value: micros });
  });

  it.each(['0', '-1', '0.0000001', '1000000000.000001', '9'.repeat(38)])('%s is refused', (text) => {
    expect(parseQuantity(text, offer)).toMatchObject({
      ok: false,
      refusal: { type: 'InvalidInput', code: 'QUANTITY_OUT_OF_RANGE', path: ['quantity'] },
    });
  });

  it('keeps within what the offer allows', () => {
    const bounded = { minimumQuantityMicros: 1_000_000n, maximumQuantityMicros: 2_000_000n };
    expect(parseQuantity('1', bounded)).toMatchObject({ ok: true });
    expect(parseQuantity('2', bounded)).toMatchObject({ ok: true });
    const refusal = { code: 'QUANTITY_OUT_OF_RANGE' };
    expect(parseQuantity('0.999999', bounded)).toMatchObject({ ok: false, refusal });
    expect(parseQuantity('2.000001', bounded)).toMatchObject({ ok: false, refusal });
  });

  it('of GiB makes at least as many bytes (P5)', () => {
    fc.assert(
      fc.property(quantities, (micros) => {
        const bytes = toQuotaBytes(micros);
        expect(bytes * 1_000_000n >= micros * 2n ** 30n && (bytes - 1n) * 1_000_000n < micros * 2n ** 30n).toBe(true);
      }),
    );
    expect(toQuotaBytes(10_000_000n)).toBe(10n * 2n ** 30n);
  });
});

describe('the status of a grant', () => {
  const window = { startsAt: epoch, endsAt: later(60) };
  it.each([
    ['OPEN', later(-1), 'SCHEDULED'],
    ['OPEN', epoch, 'ACTIVE'],
    ['OPEN', later(59.999), 'ACTIVE'],
    ['OPEN', later(60), 'ENDING'],
    ['ENDING', later(1), 'ENDING'],
    ['ENDED', later(1), 'ENDED'],
    ['ENDED', later(-1), 'ENDED'],
  ] as const)('kept as %s is at %s %s', (state, now, status) => {
    expect(grantStatus({ ...window, state }, now)).toBe(status);
  });
});
