import { describe, expect, it } from 'vitest';
import { parseAmount, parseAmountOrZero } from '../../../subgraphs/accounting/domain/amount.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';

const parse = (amount: string, unit = 'CREDIT') => parseAmount({ amount, unit }, ['amount'], ledgerLimitsDefault);

describe('parseAmount', () => {
  it.each([
    ['0.000001', 1n],
    ['1', 1_000_000n],
    ['123456789012.345678', 123_456_789_012_345_678n],
    ['1000000000000', 1_000_000_000_000_000_000n],
  ])('reads %s exactly', (amount, micros) => {
    expect(parse(amount)).toEqual({ ok: true, value: { micros, unit: 'CREDIT' } });
  });

  it.each([
    ['0', 'AMOUNT_NOT_POSITIVE'],
    ['-0.000001', 'AMOUNT_NOT_POSITIVE'],
    ['0.0000001', 'AMOUNT_TOO_PRECISE'],
    ['1.0000000', 'AMOUNT_TOO_PRECISE'],
    ['1000000000000.000001', 'AMOUNT_TOO_LARGE'],
    ['9223372036854775808', 'AMOUNT_TOO_LARGE'],
  ])('refuses %s: %s', (amount, code) => {
    expect(parse(amount)).toMatchObject({ ok: false, refusal: { code, path: ['amount', 'amount'] } });
  });

  it.each(['', 'credit', 'X\0', '1A', 'A'.repeat(33)])('knows that %j names no unit: UNIT_UNKNOWN', (unit) => {
    expect(parse('1', unit)).toMatchObject({ refusal: { code: 'UNIT_UNKNOWN', path: ['amount', 'unit'] } });
    expect(parseAmountOrZero({ amount: '1', unit }, ['a'])).toMatchObject({ refusal: { code: 'UNIT_UNKNOWN' } });
  });
});

describe('parseAmountOrZero', () => {
  it('takes zero, and nothing below', () => {
    expect(parseAmountOrZero({ amount: '0', unit: 'CREDIT' }, ['a'])).toEqual({
      ok: true,
      value: { micros: 0n, unit: 'CREDIT' },
    });
    expect(parseAmountOrZero({ amount: '-1', unit: 'CREDIT' }, ['a'])).toMatchObject({
      refusal: { code: 'AMOUNT_NOT_POSITIVE' },
    });
    expect(parseAmountOrZero({ amount: '0.0000001', unit: 'CREDIT' }, ['a'])).toMatchObject({
      refusal: { code: 'AMOUNT_TOO_PRECISE' },
    });
  });
});
