import { describe, expect, it } from 'vitest';
import { scalarResolvers } from '../../../platform/server/scalars.js';

const { DateTime, Decimal, Bytes, Count, URL: Url } = scalarResolvers;

describe('scalars', () => {
  it('read what they should', () => {
    expect(DateTime.parseValue('2026-02-28T12:00:00+01:00')).toEqual(new Date('2026-02-28T11:00:00.000Z'));
    expect(Decimal.parseValue('-1.50')).toBe('-1.50');
    expect(Bytes.parseValue('12582912')).toBe(12_582_912n);
    expect(Count.parseValue('9007199254740993')).toBe(9_007_199_254_740_993n);
    expect(Url.parseValue('http://a.example/x')).toBe('http://a.example/x');
  });

  it('write what clients get', () => {
    expect(DateTime.serialize(new Date('2026-02-28T11:00:00Z'))).toBe('2026-02-28T11:00:00.000Z');
    expect(Bytes.serialize(5n)).toBe('5');
  });

  it.each([
    [Decimal, 1.5],
    [Decimal, '1e3'],
    [Decimal, 'NaN'],
    [Decimal, '+1'],
    [Decimal, '1.'],
    [Decimal, '\u0661'],
    [Decimal, '1'.repeat(39)],
    [Bytes, '-1'],
    [Bytes, 5],
    [Count, '1.5'],
    [DateTime, '2026-02-30T00:00:00Z'],
    [DateTime, '2026-02-03'],
    [DateTime, 'tomorrow'],
    [DateTime, 0],
    [Url, 'nowhere'],
  ])('%s refuses %j', (scalar, value) => {
    expect(() => scalar.parseValue(value)).toThrowError(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});
