import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canPromise, leavesReserve } from '../../../subgraphs/storage/domain/capacity.js';

const GIB = 2n ** 30n;
const bytes = fc.bigInt({ min: 0n, max: 2n ** 50n });

describe('canPromise', () => {
  it.each([
    [9n * GIB, 0n, true],
    [9n * GIB + 1n, 0n, false],
    [4n * GIB, 5n * GIB, true],
    [4n * GIB, 5n * GIB + 1n, false],
    [1n, 10n * GIB, false],
    [1_000_000n * GIB, 0n, false],
  ])('a quota of %s beside %s promised on 10 GiB free: %s', (quota, promised, expected) => {
    expect(canPromise(quota, { promised, stored: 3n * GIB }, { free: 10n * GIB, stated: null })).toBe(expected);
  });

  it.each([
    [5n * GIB, true],
    [5n * GIB + 1n, false],
  ])('a quota of %s where 10 GiB are stated, 3 stored and 2 promised: %s, whatever the disk has', (quota, expected) => {
    const commitment = { promised: 2n * GIB, stored: 3n * GIB };
    for (const free of [0n, 10n ** 15n])
      expect(canPromise(quota, commitment, { free, stated: 10n * GIB })).toBe(expected);
  });

  it('judges the same however much of the promised has been sent', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, bytes, (quota, promised, stored, free, wish) => {
        const sent = wish % (promised + 1n);
        const later = { promised: promised - sent, stored: stored + sent };
        for (const stated of [null, 2n ** 50n]) {
          const before = canPromise(quota, { promised, stored }, { free: free + sent, stated });
          expect(canPromise(quota, later, { free, stated })).toBe(before);
        }
      }),
    );
  });
});

describe('leavesReserve', () => {
  it('takes bytes until 1 GiB is left', () => {
    expect([10n, 11n].map((size) => leavesReserve(size, GIB + 10n))).toEqual([true, false]);
    expect([GIB, GIB - 1n].map((free) => leavesReserve(0n, free))).toEqual([true, false]);
  });
});
