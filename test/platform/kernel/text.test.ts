import { describe, expect, it } from 'vitest';
import { parseLine } from '../../../platform/kernel/text.js';

describe('a line of text', () => {
  it('is trimmed and normalised', () => {
    expect(parseLine('  Cafe\u0301 ', ['name'])).toEqual({ ok: true, value: 'Caf\u00e9' });
  });

  it.each(['', '   ', 'a\u0000b', 'a\nb', 'a\u202eb', '\ud800', 'x'.repeat(201)])('is refused: %j', (text) => {
    expect(parseLine(text, ['name'])).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['name'] } });
  });

  it('counts characters, not code units', () => {
    expect(parseLine('\u{1F600}'.repeat(200), ['name']).ok).toBe(true);
  });
});
