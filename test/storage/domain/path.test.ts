import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFolder, parsePath } from '../../../subgraphs/storage/domain/path.js';

const parse = (text: string): string => {
  const result = parsePath(text, ['path']);
  return result.ok ? result.value : result.refusal.code;
};

describe('parsePath', () => {
  it.each([
    ['/test/one/../two/test.py', 'test/two/test.py'],
    ['a//b/./c/', 'a/b/c'],
    ['e\u0301te\u0301', '\u00e9t\u00e9'],
    ['日本/データ.csv', '日本/データ.csv'],
    ['👩‍🔬.txt', '👩‍🔬.txt'],
    ['100%.txt', '100%.txt'],
    ['...', '...'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%j is %j', (text, path) => expect(parse(text)).toBe(path));

  it.each([
    '',
    '/',
    '.',
    'a/..',
    '../x',
    '/../x',
    'a/../../x',
    '..\\x',
    'a\u0000b',
    'a\nb',
    'a\u007fb',
    'a\u202eb',
    'a\u2028b',
    '\ud800',
    '%2e%2e/x',
    '.%2E/x',
    'a%2fb',
    'a%5Cb',
    'a%00b',
    'x'.repeat(256),
    'é'.repeat(128),
    'x/'.repeat(1_000),
    'x'.repeat(2_000),
    'x'.repeat(1_000_000),
  ])('%j is refused', (text) => expect(parse(text)).toBe('PATH_INVALID'));

  it('gives what it gave again, within the drive and the limits, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('..', '.', '', 'a'))), (names) => {
        const result = parsePath(names.join('/'), ['path']);
        if (!result.ok) {
          expect(result.refusal).toMatchObject({ code: 'PATH_INVALID', path: ['path'] });
          return;
        }
        const path = result.value;
        expect(parse(path)).toBe(path);
        expect(path.normalize('NFC')).toBe(path);
        expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1_024);
        for (const name of path.split('/')) expect(['', '.', '..']).not.toContain(name);
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets the root be a folder', () => expect(parseFolder('/', ['path'])).toEqual({ ok: true, value: '' }));
});
