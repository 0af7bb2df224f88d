import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS_FIRST = 200;
const PAUSE_MS_MAX = 5_000;

/**
 * Does something again, with growing pauses, until it works.
 * @returns null where the signal ended it first
 */
export async function untilDone<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  for (let pauseMs = PAUSE_MS_FIRST; !signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return await work();
    } catch {
      await pause(pauseMs, signal);
    }
  }
  return null;
}

/** Waits, unless the signal ends it. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
