import { rateLimited } from '../../../platform/kernel/faults.js';
import { type AttemptKeys, waitSeconds } from '../domain/throttle.js';
import type { FailureStore } from './ports.js';

/** Turns an attempt away where too many before it failed. @throws Fault RATE_LIMITED */
export async function refuseIfThrottled(failures: FailureStore, keys: AttemptKeys, now: Date): Promise<void> {
  const counts = await failures.countsOf([keys.password, keys.code, keys.network]);
  const seconds = waitSeconds(keys, counts, now);
  if (seconds !== null) throw rateLimited(seconds);
}
