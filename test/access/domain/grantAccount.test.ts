import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grant, GrantPart } from '../../../subgraphs/access/domain/grant.js';
import { grantAccount, isRunOut } from '../../../subgraphs/access/domain/grantAccount.js';

const startsAt = new Date('2026-01-01T00:00:00Z');
const endsAt = new Date('2026-01-31T00:00:00Z');
const DAY_MS = 86_400_000;
const on = (day: number) => new Date(startsAt.getTime() + day * DAY_MS);
const NOTHING = { postedMicros: 0n, heldMicros: 0n };

/** A drive of 10 GiB for 30 days at 1 a month, or what is told. */
const whole: GrantPart = {
  quantityMicros: 10_000_000n,
  priceMicros: 1_000_000n,
  paidMicros: 10_000_000n,
  startsAt,
  endsAt,
  activatedAt: startsAt,
};

const grantOf = (over: Partial<Grant> = {}): Grant => ({
  id: 'grt',
  requestId: 'req',
  holderId: 'usr',
  offerId: 'ofr',
  quantityMicros: 10_000_000n,
  unit: 'CREDIT',
  paidMicros: 10_000_000n,
  parts: [whole],
  isExtending: false,
  startsAt,
  endsAt,
  escrowAccountId: 'acc',
  state: 'OPEN',
  endedAt: null,
  refundTransferId: null,
  refundedMicros: 0n,
  endedBy: null,
  endReason: null,
  ...over,
});

describe("a grant's account", () => {
  it('of a drive is told by time', () => {
    expect(grantAccount(grantOf(), 'STORAGE', NOTHING, on(3))).toEqual({
      grantedMicros: 10_000_000n,
      consumedMicros: 1_000_000n,
      heldMicros: 0n,
      remainingMicros: 9_000_000n,
      refundedMicros: 0n,
      burnPerDayMicros: 333_334n,
      runsOutAt: null,
    });
  });

  it('of compute is told by its escrow, with the day on which it runs out', () => {
    const escrow = { postedMicros: 4_000_000n, heldMicros: 1_000_000n };
    expect(grantAccount(grantOf(), 'COMPUTE', escrow, on(3))).toEqual({
      grantedMicros: 10_000_000n,
      consumedMicros: 6_000_000n,
      heldMicros: 1_000_000n,
      remainingMicros: 3_000_000n,
      refundedMicros: 0n,
      burnPerDayMicros: 2_000_000n,
      runsOutAt: on(5),
    });
  });

  it('of compute that was approved late burns since it can be used, not since its window began', () => {
    const late = grantOf({ parts: [{ ...whole, activatedAt: on(6) }] });
    const escrow = { postedMicros: 4_000_000n, heldMicros: 0n };
    expect(grantAccount(late, 'COMPUTE', escrow, on(9))).toMatchObject({
      burnPerDayMicros: 2_000_000n,
      runsOutAt: on(11),
    });
    expect(grantAccount(late, 'COMPUTE', escrow, on(5))).toMatchObject({ burnPerDayMicros: 0n, runsOutAt: null });
  });

  it('of a drive that was extended burns by what it gives now, each part at its price', () => {
    // 5 GiB more from day 6 on at twice the price, and all 10 of before for another 30 days.
    const more = { ...whole, quantityMicros: 5_000_000n, priceMicros: 2_000_000n, paidMicros: 18_000_000n };
    const added = { ...more, startsAt: on(6), endsAt: on(60), activatedAt: on(6) };
    const longer = { ...whole, priceMicros: 2_000_000n, paidMicros: 20_000_000n, startsAt: on(30), endsAt: on(60) };
    const parts = [whole, added, { ...longer, activatedAt: on(6) }];
    const grant = grantOf({ parts, quantityMicros: 15_000_000n, paidMicros: 48_000_000n, endsAt: on(60) });
    const at = (day: number) => grantAccount(grant, 'STORAGE', NOTHING, on(day));
    expect(at(3)).toMatchObject({ consumedMicros: 1_000_000n, burnPerDayMicros: 333_334n });
    expect(at(9)).toMatchObject({ consumedMicros: 4_000_000n, burnPerDayMicros: 333_334n + 333_334n });
    expect(at(33)).toMatchObject({ consumedMicros: 21_000_000n, burnPerDayMicros: 333_334n + 666_667n });
    expect(at(60)).toMatchObject({ consumedMicros: 48_000_000n, remainingMicros: 0n, burnPerDayMicros: 0n });
  });

  it('of compute shows no use below nothing while an extension has paid in and is not counted yet', () => {
    const account = grantAccount(grantOf(), 'COMPUTE', { ...NOTHING, postedMicros: 15_000_000n }, on(3));
    expect(account).toMatchObject({ consumedMicros: 0n, remainingMicros: 10_000_000n });
  });

  it.each([
    [0n, 0n, true],
    [1n, 0n, false],
    [1n, 1n, false],
  ])('of compute with %d posted and %d held is run out: %s', (postedMicros, heldMicros, expected) => {
    expect(isRunOut({ postedMicros, heldMicros })).toBe(expected);
  });

  it('of compute that is used slowly or not at all does not run out', () => {
    const slow = grantAccount(grantOf(), 'COMPUTE', { ...NOTHING, postedMicros: 9_900_000n }, on(3));
    expect(slow).toMatchObject({ burnPerDayMicros: 33_333n, runsOutAt: null });
    const unused = grantAccount(grantOf(), 'COMPUTE', { ...NOTHING, postedMicros: 10_000_000n }, on(3));
    expect(unused).toMatchObject({ burnPerDayMicros: 0n, runsOutAt: null });
    const fresh = grantAccount(grantOf(), 'COMPUTE', { ...NOTHING, postedMicros: 9_000_000n }, startsAt);
    expect(fresh).toMatchObject({ burnPerDayMicros: 0n, runsOutAt: null });
  });

  it.each([
    ['before its window', grantOf(), on(-1)],
    ['after it', grantOf(), on(30)],
    ['while it is being ended', grantOf({ state: 'ENDING', endedAt: on(3) }), on(4)],
  ])('burns nothing %s', (_when, grant, now) => {
    expect(grantAccount(grant, 'STORAGE', NOTHING, now)).toMatchObject({ burnPerDayMicros: 0n, runsOutAt: null });
  });

  it('stops where it was ended, and tells what went back', () => {
    const ending = grantAccount(grantOf({ state: 'ENDING', endedAt: on(3) }), 'STORAGE', NOTHING, on(9));
    expect(ending).toMatchObject({ consumedMicros: 1_000_000n, remainingMicros: 9_000_000n });
    const ended = grantOf({ state: 'ENDED', endedAt: on(3), refundedMicros: 9_000_000n });
    expect(grantAccount(ended, 'COMPUTE', NOTHING, on(9))).toMatchObject({
      consumedMicros: 1_000_000n,
      remainingMicros: 0n,
      refundedMicros: 9_000_000n,
    });
  });

  it('adds up, whenever it is looked at', () => {
    const micros = fc.bigInt({ min: 0n, max: 10_000_000n });
    const states = fc.constantFrom('OPEN' as const, 'ENDING' as const, 'ENDED' as const);
    fc.assert(
      fc.property(
        states,
        fc.constantFrom('STORAGE' as const, 'COMPUTE' as const),
        micros,
        micros,
        fc.integer({ min: -5, max: 40 }),
        (state, kind, posted, part, day) => {
          const held = posted < part ? posted : part;
          const grant = grantOf({
            state,
            endedAt: state === 'OPEN' ? null : on(3),
            refundedMicros: state === 'ENDED' ? part : 0n,
          });
          const account = grantAccount(grant, kind, { postedMicros: posted, heldMicros: held }, on(day));
          const sum = account.consumedMicros + account.heldMicros + account.remainingMicros + account.refundedMicros;
          expect(sum).toBe(account.grantedMicros);
          expect(account.remainingMicros >= 0n).toBe(true);
        },
      ),
    );
  });
});
