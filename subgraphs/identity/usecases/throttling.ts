import { rateLimited } from '../../../platform/kernel/faults.js';
import {
  type AttemptKeys,
  type AttemptLimits,
  type FailureCount,
  logInLimits,
  waitSeconds,
} from '../domain/throttle.js';
import type { FailureStore } from './ports.js';

/** Turns a log-in attempt away where too many before it failed. @throws Fault RATE_LIMITED */
export async function refuseIfThrottled(failures: FailureStore, keys: AttemptKeys, now: Date): Promise<void> {
  const counts = await failures.countsOf([
    keys.password,
    keys.code,
    keys.network,
    keys.known,
    ...[keys.anywhere, keys.stepUp].filter((key) => key !== null),
  ]);
  refuseByCounts(keys, counts, now);
}

/** As refuseIfThrottled, by counts that were read. @throws Fault RATE_LIMITED */
export function refuseByCounts(keys: AttemptKeys, counts: readonly FailureCount[], now: Date): void {
  refuseAbove(logInLimits(keys, counts, now), counts, now);
}

/** Turns away who has had as many attempts as may be. @throws Fault RATE_LIMITED */
export async function refuseIfSpent(failures: FailureStore, limits: AttemptLimits, now: Date): Promise<void> {
  refuseAbove(limits, await failures.countsOf([...limits.keys()]), now);
}

/** Counts an attempt, and turns it away where as many as may be were made before it. @throws Fault RATE_LIMITED */
export async function countOrRefuse(failures: FailureStore, limits: AttemptLimits, now: Date): Promise<void> {
  // Looked at first, so that what a flood costs is a reading.
  await refuseIfSpent(failures, limits, now);
  // And again by what the counting found, so that attempts in parallel are not more than attempts in a row.
  const counted = await failures.add([...limits.keys()], now);
  const before = counted.map((count) => ({ ...count, failures: count.failures - 1 }));
  refuseAbove(limits, before, now);
}

function refuseAbove(limits: AttemptLimits, counts: readonly FailureCount[], now: Date): void {
  const seconds = waitSeconds(limits, counts, now);
  if (seconds !== null) throw rateLimited(seconds);
}
