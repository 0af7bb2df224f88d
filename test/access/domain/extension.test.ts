import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExtensionInput, parseExtension, planParts } from '../../../subgraphs/access/domain/extension.js';
import { firstBootOffers } from '../../../subgraphs/access/domain/firstBootOffers.js';
import { earnedMicros } from '../../../subgraphs/access/domain/grant.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';

const [storage, compute] = firstBootOffers;
if (storage === undefined || compute === undefined) throw new Error('there are two offers');
const startsAt = new Date('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
const on = (day: number) => new Date(startsAt.getTime() + day * DAY_MS);
const grant = { quantityMicros: 10_000_000n, startsAt, endsAt: on(30) };

const extend = (input: ExtensionInput, over: Partial<Offer> = {}, now = on(15), offer = storage) =>
  parseExtension(input, grant, { ...offer, ...over }, now);

describe('an extension', () => {
  it('of a drive by more room is paid from now until its end', () => {
    expect(extend({ quantity: '10' })).toEqual({
      ok: true,
      value: {
        addedQuantityMicros: 10_000_000n,
        priceMicros: 1_000_000n,
        startsAt: on(15),
        endsAt: on(30),
        totalMicros: 5_000_000n,
      },
    });
  });

  it('of a drive by time is paid for all of it from the old end on', () => {
    expect(extend({ endsAt: on(60) })).toMatchObject({ ok: true, value: { totalMicros: 10_000_000n } });
  });

  it('of both is paid for both, by the price of now, and from its beginning where that is ahead', () => {
    const price = { micros: 2_000_000n, unit: 'CREDIT' };
    const both = { quantity: '20', endsAt: on(60) };
    expect(extend(both, { price })).toMatchObject({ ok: true, value: { totalMicros: 60_000_000n + 20_000_000n } });
    const ahead = extend(both, { price }, on(-3));
    expect(ahead).toMatchObject({ ok: true, value: { startsAt, totalMicros: 80_000_000n + 20_000_000n } });
  });

  it('of compute is paid by the hours that are added; time alone costs nothing', () => {
    expect(extend({ quantity: '2.5' }, {}, on(15), compute)).toMatchObject({
      ok: true,
      value: { totalMicros: 2_500_000n },
    });
    expect(extend({ endsAt: on(60) }, {}, on(15), compute)).toMatchObject({ ok: true, value: { totalMicros: 0n } });
  });

  it.each<[string, ExtensionInput, Partial<Offer>, string, string]>([
    ['of nothing', {}, {}, 'INVALID_INPUT', 'quantity'],
    ['by less than nothing', { quantity: '-1' }, {}, 'QUANTITY_OUT_OF_RANGE', 'quantity'],
    ['by nothing', { quantity: '0' }, {}, 'QUANTITY_OUT_OF_RANGE', 'quantity'],
    ['by too precise a quantity', { quantity: '0.0000001' }, {}, 'QUANTITY_OUT_OF_RANGE', 'quantity'],
    [
      'to more than the offer allows',
      { quantity: '6' },
      { maximumQuantityMicros: 15_999_999n },
      'QUANTITY_OUT_OF_RANGE',
      'quantity',
    ],
    ['to the same end', { endsAt: on(30) }, {}, 'WINDOW_INVALID', 'endsAt'],
    ['to an earlier end', { endsAt: on(20) }, {}, 'WINDOW_INVALID', 'endsAt'],
    ['beyond a year from now', { endsAt: on(15 + 367) }, {}, 'WINDOW_INVALID', 'endsAt'],
    ["beyond the offer's longest window from now", { endsAt: on(56) }, { maximumDays: 40 }, 'WINDOW_INVALID', 'endsAt'],
    [
      'for more than one payment moves',
      { quantity: '999999990' },
      { price: { micros: 10n ** 15n, unit: 'CREDIT' } },
      'QUANTITY_OUT_OF_RANGE',
      'quantity',
    ],
  ])('%s is refused', (_what, input, over, code, field) => {
    expect(extend(input, over)).toMatchObject({ ok: false, refusal: { code, path: [field] } });
  });

  it('for less than a second, which costs nothing, is refused', () => {
    const end = on(30).getTime();
    const odd = { ...grant, endsAt: new Date(end + 999) };
    expect(parseExtension({ quantity: '10' }, odd, storage, new Date(end + 100))).toMatchObject({
      ok: false,
      refusal: { code: 'WINDOW_INVALID', path: ['endsAt'] },
    });
  });

  it('up to what the offer allows is accepted, to the last bit and day', () => {
    expect(extend({ quantity: '6' }, { maximumQuantityMicros: 16_000_000n }).ok).toBe(true);
    expect(extend({ endsAt: on(55) }, { maximumDays: 40 }).ok).toBe(true);
    expect(extend({ endsAt: on(15 + 366) }).ok).toBe(true);
  });

  it('is earned in full when the new end has come, never more, and never falls', () => {
    const days = fc.integer({ min: 0, max: 29 });
    const micros = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(days, micros, micros, fc.integer({ min: 0, max: 70 }), (day, quantity, price, at) => {
        const plan = { addedQuantityMicros: quantity, priceMicros: price, startsAt: on(day), endsAt: on(60) };
        const parts = planParts(grant, 'STORAGE', plan).map((part) => ({ ...part, activatedAt: on(day) }));
        const paid = parts.reduce((sum, { paidMicros }) => sum + paidMicros, 0n);
        const earned = earnedMicros({ parts }, 'STORAGE', on(at));
        expect(earned <= earnedMicros({ parts }, 'STORAGE', on(at + 1))).toBe(true);
        expect(earned <= paid).toBe(true);
        expect(earnedMicros({ parts }, 'STORAGE', on(60))).toBe(paid);
      }),
    );
  });
});
