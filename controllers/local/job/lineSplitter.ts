import { StringDecoder } from 'node:string_decoder';

/** What Tollgate takes as one line; a longer one becomes several. */
const LINE_CHARACTERS_MAX = 8_192;

/** Makes lines of bytes. */
interface LineSplitter {
  /** The lines that these bytes complete. */
  push(chunk: Buffer): readonly string[];
  /** What is left without an end of line. */
  end(): readonly string[];
}

/** A splitter at line feeds (with a carriage return before them or not). Bytes that are not UTF-8 are replaced. */
export function lineSplitter(): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push(chunk) {
      const parts = (rest + decoder.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      const lines = parts.flatMap((part) => pieces(part.replace(/\r$/, '')));
      // A line that never ends must not be kept for ever.
      while (rest.length > LINE_CHARACTERS_MAX) {
        lines.push(rest.slice(0, LINE_CHARACTERS_MAX));
        rest = rest.slice(LINE_CHARACTERS_MAX);
      }
      return lines;
    },
    end() {
      const last = rest + decoder.end();
      rest = '';
      return last === '' ? [] : pieces(last);
    },
  };
}

function pieces(line: string): string[] {
  if (line.length <= LINE_CHARACTERS_MAX) return [line];
  const found: string[] = [];
  for (let at = 0; at < line.length; at += LINE_CHARACTERS_MAX) found.push(line.slice(at, at + LINE_CHARACTERS_MAX));
  return found;
}
