import type { Clock } from '../../../platform/kernel/clock.js';

/** A clock that stands still until it is moved, so that a test knows which one-time code is the present one. */
export interface TestClock extends Clock {
  /** Moves it forward. */
  advance(seconds: number): void;
}

/**
 * A clock that stands at the beginning of the next 30-second step. It may only go forward: tokens are also verified
 * against the machine's clock.
 */
export function testClock(): TestClock {
  let now = Math.ceil(Date.now() / 30_000) * 30_000;
  return {
    now: () => new Date(now),
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}
