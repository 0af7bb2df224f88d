import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../acct/document/json/read.js';
import { writeJson } from '../../../acct/document/json/write.js';
import { deepMerge } from '../../../acct/document/merge.js';
import { jsonDocument } from '../support/arbitraries.js';
import { codeOf } from '../support/codeOf.js';

describe('JSON', () => {
  it('keeps every digit and every point, in both directions', () => {
    fc.assert(
      fc.property(jsonDocument, (given) => {
        const text = writeJson(given);
        expect(readJson(text, 'it')).toStrictEqual(given);
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it('reads what anybody writes, also on one line and with escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        expect(JSON.parse(writeJson(readJson(JSON.stringify(given), 'it')))).toEqual(JSON.parse(JSON.stringify(given)));
      }),
      { numRuns: 200 },
    );
    expect(readJson('{"a\\u00e9\\/": 1e3, "b": -0.0}', 'it')).toEqual(
      new Map([
        ['aé/', 1000],
        ['b', -0],
      ]),
    );
  });

  it('refuses what JSON cannot hold, and where it stands', async () => {
    expect(await codeOf(() => writeJson(new Map([['p', new Map([['k', Number.NaN]])]])))).toMatch(
      /^VALUE_UNSUPPORTED: JSON cannot hold p\.k/,
    );
    expect(await codeOf(() => writeJson(new Map([['k', Uint8Array.of(1)]])))).toMatch(/^VALUE_UNSUPPORTED/);
    expect(
      await codeOf(() =>
        writeJson(
          new Map<string | bigint, null>([
            ['1', null],
            [1n, null],
          ]),
        ),
      ),
    ).toMatch(/^VALUE_UNSUPPORTED/);
  });

  it('refuses what is no JSON, without quoting it', async () => {
    expect(await codeOf(() => readJson('{s3cr3t}', 'It'))).toBe('DOCUMENT_INVALID: It is not valid JSON.');
    expect(await codeOf(() => readJson('{"a": 1, "a": 2}', 'It'))).toBe('KEY_DUPLICATE: It names a key twice.');
    expect(await codeOf(() => readJson(`${'['.repeat(150)}${']'.repeat(150)}`, 'It'))).toMatch(/^LIMIT_EXCEEDED/);
  });
});

describe('deepMerge', () => {
  it('unites mappings at every level, and lets the upper one win elsewhere', () => {
    const lower = readJson('{"a": {"b": {"c": 1, "d": [1]}, "e": 1}, "f": {"g": 1}}', 'it');
    const upper = readJson('{"a": {"b": {"d": [2], "h": null}}, "f": 3}', 'it');
    expect(deepMerge(lower as never, upper as never)).toEqual(
      readJson('{"a": {"b": {"c": 1, "d": [2], "h": null}, "e": 1}, "f": 3}', 'it'),
    );
  });
});
