import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, MICROS_MAX, parseMicros, parsePositiveMoney } from '../../../platform/kernel/money.js';

describe('money', () => {
  it.each([
    ['0', 0n],
    ['1', 1_000_000n],
    ['-1.5', -1_500_000n],
    ['0.000001', 1n],
    ['123456789012.345678', 123_456_789_012_345_678n],
  ])('reads %s exactly', (text, micros) => {
    expect(parseMicros(text, ['amount'])).toEqual({ ok: true, value: micros });
    expect(formatMicros(micros)).toBe(text);
  });

  it('survives the way there and back for every BIGINT', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -MICROS_MAX, max: MICROS_MAX }), (micros) => {
        expect(parseMicros(formatMicros(micros), [])).toEqual({ ok: true, value: micros });
      }),
    );
  });

  it.each([
    ['1.0000001', 'AMOUNT_TOO_PRECISE'],
    ['1.0000000', 'AMOUNT_TOO_PRECISE'],
    ['9223372036854.775808', 'AMOUNT_TOO_LARGE'],
    ['0', 'AMOUNT_NOT_POSITIVE'],
    ['-0.000001', 'AMOUNT_NOT_POSITIVE'],
  ])('refuses %s as %s', (amount, code) => {
    const parsed = parsePositiveMoney({ amount, unit: 'CREDIT' }, ['amount']);
    expect(parsed).toMatchObject({ ok: false, refusal: { code, path: ['amount', 'amount'] } });
  });
});
