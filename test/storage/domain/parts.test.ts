import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partBytesOf, partCount, planParts } from '../../../subgraphs/storage/domain/parts.js';

const MIB = 1_048_576n;

describe('planParts', () => {
  it('cuts every size into parts that add up', () => {
    const sizes = fc.bigInt({ min: 0n, max: 640_000n * MIB });
    const wishes = fc.option(fc.bigInt({ min: 5n * MIB, max: 64n * MIB }));
    fc.assert(
      fc.property(sizes, wishes, (size, wish) => {
        const plan = planParts(size, wish);
        if (!plan.ok) {
          expect([size > (wish ?? 0n) * 10_000n, wish !== null]).toEqual([true, true]);
          return;
        }
        const count = partCount(plan.value);
        expect(count).toBeLessThanOrEqual(10_000);
        const bytes = Array.from({ length: count }, (_, index) => partBytesOf(plan.value, index + 1) ?? -1);
        expect(bytes.reduce((sum, one) => sum + BigInt(one), 0n)).toBe(size);
        expect(bytes.slice(0, -1).every((one) => BigInt(one) === plan.value.partBytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('takes 8 MiB where nothing is wished', () => {
    expect(planParts(100n * MIB, null)).toMatchObject({ value: { partBytes: 8n * MIB } });
  });

  it.each([
    [1n, 5n * MIB - 1n, 'partSize'],
    [1n, 64n * MIB + 1n, 'partSize'],
    [50_001n * MIB, 5n * MIB, 'partSize'],
    [640_000n * MIB + 1n, null, 'size'],
    [-1n, null, 'size'],
  ])('refuses %s bytes in parts of %s', (size, wish, at) => {
    expect(planParts(size, wish)).toMatchObject({ refusal: { code: 'INVALID_INPUT', path: [at] } });
  });

  it('knows no part outside the plan', () => {
    const plan = { sizeBytes: 10n, partBytes: 8n };
    expect([0, 1, 2, 3, 1.5, Number.NaN].map((number) => partBytesOf(plan, number))).toEqual([
      null,
      8,
      2,
      null,
      null,
      null,
    ]);
  });
});
