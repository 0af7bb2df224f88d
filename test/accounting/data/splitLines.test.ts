import { describe, expect, it } from 'vitest';
import { splitLines } from '../../../subgraphs/accounting/data/splitLines.js';

async function* chunksOf(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function linesOf(...texts: readonly (string | Uint8Array)[]): Promise<readonly (string | null)[]> {
  const lines: (string | null)[] = [];
  for await (const line of splitLines(chunksOf(...texts), 8)) lines.push(line);
  return lines;
}

describe('splitLines', () => {
  it('joins what chunks cut apart, characters too', async () => {
    const bytes = Buffer.from('a\nö b\n\nc');
    expect(await linesOf(bytes)).toEqual(['a', 'ö b', '', 'c']);
    expect(await linesOf(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['a', 'ö b', '', 'c']);
    expect(await linesOf()).toEqual([]);
    expect(await linesOf('a\n')).toEqual(['a']);
  });

  it('gives null for a line that is too long, wherever it is cut, and goes on after it', async () => {
    expect(await linesOf('123456789\nb\n')).toEqual([null, 'b']);
    expect(await linesOf('12345678\nb')).toEqual(['12345678', 'b']);
    expect(await linesOf('1234', '56789', '0123456789', '0\nb\n')).toEqual([null, 'b']);
    expect(await linesOf('a\n1234567890')).toEqual(['a', null]);
  });
});
