import { availableParallelism } from 'node:os';
import { rateLimited } from '../../../platform/kernel/faults.js';
import { identityLimits } from '../domain/limits.js';

/** Runs hashes, a few at a time. */
export interface HashingQueue {
  /** @throws Fault RATE_LIMITED where the wait would be too long; the work is not begun then */
  run<Value>(work: () => Promise<Value>): Promise<Value>;
}

// libuv has four threads, which files and name look-ups need as well: hashes never take all of them.
const RUNNING_MAX = Math.max(1, Math.min(3, availableParallelism()));
/** What one hash is believed to take before the first was measured. */
const HASH_MS_ASSUMED = 50;
/** The weight of the newest hash in the average. */
const NEWEST_WEIGHT = 0.2;

/**
 * A bounded queue: a hash that could not be done within seconds is turned away at once instead of timing out later. How
 * long the wait would be is reckoned from how long hashes take now, so that a busy machine lets fewer wait.
 */
export function hashingQueue(waitingMax: number = identityLimits.hashesWaitingMax): HashingQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  let hashMs = HASH_MS_ASSUMED;

  const enter = async (): Promise<void> => {
    if (running < RUNNING_MAX) {
      running += 1;
      return;
    }
    const waitMs = ((waiting.length + 1) * hashMs) / RUNNING_MAX;
    if (waiting.length >= waitingMax || waitMs > identityLimits.hashWaitMsMax) {
      throw rateLimited(Math.ceil(waitMs / 1000));
    }
    // Whoever leaves hands the place on, so that `running` does not change.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    async run(work) {
      await enter();
      const begunAt = performance.now();
      try {
        return await work();
      } finally {
        hashMs += NEWEST_WEIGHT * (performance.now() - begunAt - hashMs);
        leave();
      }
    },
  };
}
