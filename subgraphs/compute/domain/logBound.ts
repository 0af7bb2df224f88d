import { computeLimits } from './limits.js';

/** Where a line comes from. */
export type LogStream = 'STDOUT' | 'STDERR' | 'SYSTEM';

/** One line of a log. */
export interface LogLine {
  readonly at: Date;
  readonly stream: LogStream;
  readonly text: string;
}

/** What is kept of a call's lines. */
interface BoundedLines {
  readonly lines: readonly LogLine[];
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * Takes as many lines as the log has room for; the first that does not fit ends the log with one SYSTEM line that says
 * so, and nothing is taken after it.
 * @param log how long the log is already, and whether it was ended
 */
export function boundLines(
  log: { readonly bytes: number; readonly truncated: boolean },
  lines: readonly LogLine[],
): BoundedLines {
  if (log.truncated) return { lines: [], bytes: log.bytes, truncated: true };
  const taken: LogLine[] = [];
  let bytes = log.bytes;
  for (const line of lines) {
    const weight = Buffer.byteLength(line.text) + computeLimits.logLineOverheadBytes;
    if (bytes + weight > computeLimits.logBytesMax) {
      taken.push({ at: line.at, stream: 'SYSTEM', text: truncatedText });
      return { lines: taken, bytes, truncated: true };
    }
    bytes += weight;
    taken.push(line);
  }
  return { lines: taken, bytes, truncated: false };
}

/** What ends a log that has reached its limit. */
const truncatedText = `The log was truncated: it has reached its limit of ${computeLimits.logBytesMax / 1_048_576} MiB.`;

/** A line as it can be stored: PostgreSQL holds no NUL. */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd');
