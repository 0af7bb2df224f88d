/** Bytes [start, end) of something. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What a Range header asks for (RFC 9110, 14.2).
 * @returns the range; 'whole' where there is no header, or one of another unit, form or of several ranges, which a
 * server may pass over; 'unsatisfiable' where it begins behind the end
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = ONE_RANGE.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? 'unsatisfiable' : { start: size - suffix, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** The pieces of consecutive objects that a range of their concatenation covers, in order. */
export function* piecesOf<Piece extends { readonly bytes: number }>(
  pieces: readonly Piece[],
  range: ByteRange,
): Generator<{ readonly piece: Piece; readonly range: ByteRange }> {
  let offset = 0;
  for (const piece of pieces) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, piece.bytes);
    if (start < end) yield { piece, range: { start, end } };
    offset += piece.bytes;
  }
}
