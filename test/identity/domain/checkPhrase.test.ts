import { describe, expect, it } from 'vitest';
import { makeCheckPhrase } from '../../../subgraphs/identity/domain/checkPhrase.js';

describe('a check phrase', () => {
  it('is three words, each from a list of its own without repetition', () => {
    const bounds: number[] = [];
    expect(makeCheckPhrase(() => 0)).toBe('bold amber badger');
    expect(
      makeCheckPhrase((bound) => {
        bounds.push(bound);
        return bound - 1;
      }),
    ).toBe('warm white wren');
    expect(bounds).toEqual([32, 32, 64]);
    const phrases = new Set(Array.from({ length: 64 }, (_value, index) => makeCheckPhrase((bound) => index % bound)));
    expect(phrases.size).toBe(64);
  });
});
