import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange, piecesOf } from '../../../subgraphs/storage/domain/byteRange.js';

describe('parseRange', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['items=0-1', 'whole'],
    ['bytes=5-4', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=0-3', { start: 0, end: 4 }],
    ['bytes=9-', { start: 9, end: 10 }],
    ['bytes=0-99', { start: 0, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-99', { start: 0, end: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
  ])('reads %j of 10 bytes', (header, range) => expect(parseRange(header, 10)).toEqual(range));

  it('finds nothing in nothing', () => expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable'));
});

describe('piecesOf', () => {
  it('covers exactly the range, in order', () => {
    const pieces = fc.array(fc.nat({ max: 20 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.nat({ max: 160 }), fc.nat({ max: 160 }), (sizes, a, b) => {
        const whole = sizes.flatMap((bytes, piece) => Array.from({ length: bytes }, (_, at) => `${piece}:${at}`));
        const [start, end] = [Math.min(a, b, whole.length), Math.min(Math.max(a, b), whole.length)];
        const parts = sizes.map((bytes, piece) => ({ bytes, piece }));
        const read = [...piecesOf(parts, { start, end })].flatMap(({ piece, range }) =>
          Array.from({ length: range.end - range.start }, (_, at) => `${piece.piece}:${range.start + at}`),
        );
        expect(read).toEqual(whole.slice(start, end));
      }),
    );
  });
});
