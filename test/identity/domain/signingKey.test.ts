import { describe, expect, it } from 'vitest';
import { identityLimits } from '../../../subgraphs/identity/domain/limits.js';
import {
  isOfOtherAlgorithm,
  keyThatSigns,
  type SigningKey,
  stepsAhead,
} from '../../../subgraphs/identity/domain/signingKey.js';

const { signingKeyAheadMs, retiredKeyMarginMs } = identityLimits;
const LIFETIME_MS = 900_000;
const WEEK_MS = 7 * 24 * 3_600_000;
const start = new Date('2026-11-28T12:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const key = (kid: string, signsFrom: Date, more: Partial<SigningKey> = {}): SigningKey => ({
  kid,
  algorithm: 'ES256',
  tokenLifetimeMs: LIFETIME_MS,
  state: 'PUBLISHED',
  createdAt: signsFrom,
  signsFrom,
  mandatesUntil: null,
  retiredAt: null,
  ...more,
});

describe('the key that signs', () => {
  const keys = [key('new', at(1_000)), key('old', start)];

  it('is the newest whose time has come', () => {
    expect(keyThatSigns(keys, at(999))?.kid).toBe('old');
    expect(keyThatSigns(keys, at(1_000))?.kid).toBe('new');
  });

  it('is the oldest where the clock was set back, and none where there is none', () => {
    expect(keyThatSigns(keys, at(-1))?.kid).toBe('old');
    expect(keyThatSigns([], start)).toBeNull();
  });
});

describe('the algorithm', () => {
  it('is that of the key that signs last, whatever verifies besides', () => {
    const keys = [key('new', at(1_000), { algorithm: 'EdDSA' }), key('old', start)];
    expect(isOfOtherAlgorithm(keys, 'EdDSA')).toBe(false);
    expect(isOfOtherAlgorithm(keys, 'ES256')).toBe(true);
    expect(isOfOtherAlgorithm([...keys, key('over', at(2_000), { state: 'MANDATES' })], 'EdDSA')).toBe(false);
  });
});

describe('the steps ahead', () => {
  it('publish the next key so early that it signs when the present one has had its time', () => {
    expect(stepsAhead([key('a', start)], WEEK_MS)).toEqual([
      { kind: 'PUBLISH_NEXT', at: at(WEEK_MS - signingKeyAheadMs) },
    ]);
  });

  it('stop a key once the last token that it signed is dead, however clocks differ', () => {
    const steps = stepsAhead([key('b', at(5_000)), key('a', start)], WEEK_MS);
    expect(steps[0]).toEqual({
      kind: 'STOP',
      kid: 'a',
      at: at(5_000 + LIFETIME_MS + retiredKeyMarginMs),
    });
    expect(steps[1]).toMatchObject({ kind: 'PUBLISH_NEXT', at: at(5_000 + WEEK_MS - signingKeyAheadMs) });
  });

  it('retire one that verifies mandates alone when the last of them ends', () => {
    const old = key('a', at(-WEEK_MS), { state: 'MANDATES', mandatesUntil: at(7_000) });
    expect(stepsAhead([old, key('b', start)], WEEK_MS)[0]).toEqual({ kind: 'RETIRE', kid: 'a', at: at(7_000) });
  });

  it('leave retired keys alone', () => {
    expect(stepsAhead([key('a', at(-1), { state: 'RETIRED' }), key('b', start)], WEEK_MS)).toHaveLength(1);
  });
});
