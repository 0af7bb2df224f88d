const TELL_EVERY_MS = 1_000;
const MIB = 1_048_576;

/** Tells from time to time how far a long work is. */
export interface Progress {
  /** A part of the work begins. @param totalBytes null where that is not known */
  begin(what: string, totalBytes: number | null): void;
  /** Bytes of the present part were done. */
  add(bytes: number): void;
}

/** @param tell gets a line without its end; @param now milliseconds */
export function makeProgress(tell: (line: string) => void, now: () => number): Progress {
  let part = { what: '', totalBytes: null as number | null, bytes: 0 };
  let toldAt = 0;
  return {
    begin(what, totalBytes) {
      part = { what, totalBytes, bytes: 0 };
      toldAt = now();
      tell(`${what} ...`);
    },
    add(bytes) {
      part.bytes += bytes;
      if (now() - toldAt < TELL_EVERY_MS) return;
      toldAt = now();
      const total = part.totalBytes === null ? '' : ` of ${mebibytes(part.totalBytes)}`;
      tell(`${part.what}: ${mebibytes(part.bytes)}${total}`);
    },
  };
}

/** For people. */
export const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)} MiB`;
