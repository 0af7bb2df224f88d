import { describe, expect, it } from 'vitest';
import { foldUserCode, makeUserCode } from '../../../subgraphs/identity/domain/userCode.js';

describe('a user code', () => {
  it('has eight letters that are no vowels and look like nothing else', () => {
    let next = 0;
    const inTurn = (bound: number): number => {
      next += 1;
      return next % bound;
    };
    const codes = Array.from({ length: 50 }, () => makeUserCode(inTurn));
    expect(codes[0]).toBe('CDFG-HJKL');
    for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(20);
  });

  it.each(['WDJB-MJHT', 'wdjbmjht', ' wdjb mjht ', 'W D J B - M J H T'])('is read from %j', (text) => {
    expect(foldUserCode(text)).toBe('WDJB-MJHT');
  });

  it.each(['', 'WDJB-MJH', 'WDJB-MJHTX', 'WDJB-MJHA', '12345678', 'x'.repeat(100_000), 'ＷＤＪＢＭＪＨＴ'])(
    'is not %#',
    (text) => {
      expect(foldUserCode(text)).toBeNull();
    },
  );
});
