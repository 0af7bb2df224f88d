import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeCostMicros, hoursCostMicros, storageCostMicros } from '../../../platform/kernel/pricing.js';
import { formatRational, parseRational } from '../../../platform/kernel/rational.js';

describe('pricing', () => {
  it('prices a GiB-month as the price itself', () => {
    expect(storageCostMicros(1_000_000n, parseRational('1'), 2_592_000n)).toBe(1_000_000n);
  });

  it('rounds up to the next millionth, once', () => {
    expect(storageCostMicros(1_000_000n, parseRational('0.000001'), 1n)).toBe(1n);
    expect(computeCostMicros(1_000_000n, parseRational('1'), 1n)).toBe(278n);
    expect(computeCostMicros(1_000_000n, parseRational('3'), 3_600n)).toBe(3_000_000n);
    expect(hoursCostMicros(1_000_000n, parseRational('2.5'))).toBe(2_500_000n);
  });

  it('never earns more in part of a window than the whole costs', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.bigInt({ min: 0n, max: 10n ** 8n }),
        fc.bigInt({ min: 0n, max: 10n ** 8n }),
        (price, quantity, used, rest) => {
          const size = { numerator: quantity, denominator: 1_000_000n };
          expect(storageCostMicros(price, size, used)).toBeLessThanOrEqual(storageCostMicros(price, size, used + rest));
        },
      ),
    );
  });

  it.each(['0', '1', '1.5', '-2.25', '0.000001', '123456789.987654'])('keeps %s exact', (text) => {
    expect(formatRational(parseRational(text))).toBe(text);
  });
});
