import { describe, expect, it } from 'vitest';
import { parseHoldSeconds, parseResource } from '../../../subgraphs/accounting/domain/holdTerms.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';

describe('parseHoldSeconds', () => {
  it('takes 1 second to the limit, and seven days where nobody says', () => {
    for (const seconds of [1, 2_592_000])
      expect(parseHoldSeconds(seconds, ['s'], ledgerLimitsDefault)).toEqual({ ok: true, value: seconds });
    expect(parseHoldSeconds(null, ['s'], ledgerLimitsDefault)).toEqual({ ok: true, value: 604_800 });
    expect(parseHoldSeconds(undefined, ['s'], { ...ledgerLimitsDefault, holdSecondsMax: 60 })).toEqual({
      ok: true,
      value: 60,
    });
  });

  it.each([0, -1, 2_592_001])('refuses %d', (seconds) => {
    expect(parseHoldSeconds(seconds, ['s'], ledgerLimitsDefault)).toMatchObject({
      refusal: { code: 'INVALID_INPUT', path: ['s'] },
    });
  });
});

describe('parseResource', () => {
  it('keeps a text as it is', () => {
    expect(parseResource(' room  1 ', ['r'])).toEqual({ ok: true, value: ' room  1 ' });
    expect(parseResource('x'.repeat(255), ['r']).ok).toBe(true);
    expect(parseResource(null, ['r'])).toEqual({ ok: true, value: '' });
  });

  it.each(['', 'x'.repeat(256), 'a\nb', '\ud800'])('refuses %j', (text) => {
    expect(parseResource(text, ['r'])).toMatchObject({ refusal: { code: 'INVALID_INPUT', path: ['r'] } });
  });
});
