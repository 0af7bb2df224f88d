import type { LogLine } from '../gateway/tollgate.js';
import { lineSplitter } from './lineSplitter.js';

const FLUSH_MS = 250;
const LINES_PER_CALL_MAX = 1_000;
/** A call stays well below the gateway's limit of 1 MiB. */
const CALL_BYTES_MAX = 400_000;
/** A little beyond what Tollgate keeps, so that it is Tollgate that ends the log and says so. */
const LOG_BYTES_MAX = 10_485_760 + 65_536;
const LINE_OVERHEAD_BYTES = 64;

/** Collects what a job writes and hands it on in calls. */
interface JobLog {
  write(stream: 'STDOUT' | 'STDERR', chunk: Buffer): void;
  /** Adds a line of the controller's own. */
  note(text: string): void;
  /** Hands the rest on. */
  close(): Promise<void>;
}

/** A log. @param hand takes a call's lines; calls are made one after the other */
export function jobLog(hand: (lines: readonly LogLine[]) => Promise<void>): JobLog {
  const splitters = { STDOUT: lineSplitter(), STDERR: lineSplitter() };
  let waiting: LogLine[] = [];
  let waitingBytes = 0;
  let logBytes = 0;
  let handing: Promise<void> = Promise.resolve();
  const timer = setInterval(flush, FLUSH_MS);

  function flush(): void {
    if (waiting.length === 0) return;
    const lines = waiting;
    waiting = [];
    waitingBytes = 0;
    handing = handing.then(() => hand(lines));
  }

  function add(stream: LogLine['stream'], text: string): void {
    // Bounded here too, so that a flood fills neither memory nor disk while Tollgate does not answer.
    if (logBytes > LOG_BYTES_MAX) return;
    const bytes = JSON.stringify(text).length + LINE_OVERHEAD_BYTES;
    if (waitingBytes + bytes > CALL_BYTES_MAX || waiting.length >= LINES_PER_CALL_MAX) flush();
    waiting.push({ at: new Date().toISOString(), stream, text });
    waitingBytes += bytes;
    logBytes += Buffer.byteLength(text) + LINE_OVERHEAD_BYTES;
  }

  return {
    write(stream, chunk) {
      // What is beyond is not even made into lines: a flood costs as little as possible.
      if (logBytes > LOG_BYTES_MAX) return;
      for (const line of splitters[stream].push(chunk)) add(stream, line);
    },
    note: (text) => add('SYSTEM', text),
    async close() {
      clearInterval(timer);
      for (const stream of ['STDOUT', 'STDERR'] as const) {
        for (const line of splitters[stream].end()) add(stream, line);
      }
      flush();
      await handing;
    },
  };
}
