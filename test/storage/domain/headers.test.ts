import { describe, expect, it } from 'vitest';
import { attachmentOf } from '../../../subgraphs/storage/domain/contentDisposition.js';
import { mediaTypeOf } from '../../../subgraphs/storage/domain/mediaType.js';
import { judgeConditions, rangeCounts } from '../../../subgraphs/storage/domain/precondition.js';

describe('attachmentOf', () => {
  it.each([
    ['a/b.txt', `attachment; filename="b.txt"; filename*=UTF-8''b.txt`],
    ['"; x=".html', `attachment; filename="_; x=_.html"; filename*=UTF-8''%22%3B%20x%3D%22.html`],
    ["it's (1)*.csv", `attachment; filename="it's (1)*.csv"; filename*=UTF-8''it%27s%20%281%29%2A.csv`],
  ])('names %j', (path, header) => expect(attachmentOf(path)).toBe(header));
});

describe('mediaTypeOf', () => {
  it.each([
    ['a.CSV', 'text/csv; charset=utf-8'],
    ['a.tar.gz', 'application/gzip'],
    ['README', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.hasOwnProperty', 'application/octet-stream'],
  ])('%s is %s', (path, type) => expect(mediaTypeOf(path)).toBe(type));
});

describe('conditions', () => {
  it.each([
    [{}, 'serve'],
    [{ ifMatch: '*' }, 'serve'],
    [{ ifMatch: 'W/"a"' }, 'failed'],
    [{ ifMatch: '"b"', ifNoneMatch: '"a"' }, 'failed'],
    [{ ifNoneMatch: 'W/"a"' }, 'unchanged'],
    [{ ifNoneMatch: '"b", "a"' }, 'unchanged'],
    [{ ifNoneMatch: '"b"' }, 'serve'],
  ])('%j says %s', (conditions, verdict) => expect(judgeConditions('"a"', conditions)).toBe(verdict));

  it('count a range for the version it names alone', () => {
    expect([undefined, '"a"', '"b"', 'W/"a"'].map((ifRange) => rangeCounts('"a"', { ifRange }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
