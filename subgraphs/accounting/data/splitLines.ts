const LINE_FEED = 0x0a;

/**
 * Splits a body into lines at its line feeds; the last needs none. A line that grows beyond the limit is given as null and
 * never kept whole, so that memory stays bounded whatever is sent.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<string | null> {
  let rest = Buffer.alloc(0);
  let tooLong = false;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      yield tooLong || end - start > lineBytesMax ? null : bytes.toString('utf8', start, end);
      tooLong = false;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > lineBytesMax) {
      tooLong = true;
      rest = Buffer.alloc(0);
    }
  }
  if (tooLong) yield null;
  else if (rest.length > 0) yield rest.toString('utf8');
}
