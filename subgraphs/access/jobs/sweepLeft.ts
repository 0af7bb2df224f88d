import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../platform/server/log.js';

/** How long a lease may have ended before somebody sees it. */
const EVERY_MS = 1_000;

/** What looks for sagas that were left. */
interface Sweep {
  /** Looks no more; what was taken up goes on until it is handed over. */
  stop(): Promise<void>;
}

/**
 * Looks every second whether a runner has let its lease end, and takes up what it left: a runner that is stopped, and not
 * dead, keeps its task of the queue, so that nobody else would come. A task for each run in its place would cost every
 * chain two statements and wake the queue three times.
 * @param takeUp begins to; it is not waited for, so that a chain that is slow keeps no others waiting
 */
export function sweepLeft(hasLeft: () => Promise<boolean>, takeUp: () => void, log: Logger): Sweep {
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    if (await hasLeft()) takeUp();
  };
  const tell = (err: unknown): void => log.warn({ err }, 'what was left of sagas is looked for again');
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch(tell);
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await sweeping;
    },
  };
}
