import { availableParallelism } from 'node:os';
import { rateLimited } from '../../../platform/kernel/faults.js';
import { identityLimits } from '../domain/limits.js';

/** What a hash is for. */
export type HashPurpose = 'LOG_IN' | 'REGISTRATION';

/** Runs hashes, a few at a time. */
export interface HashingQueue {
  /** @throws Fault RATE_LIMITED where the wait would be too long; the work is not begun then */
  run<Value>(purpose: HashPurpose, work: () => Promise<Value>): Promise<Value>;
}

// More than there are cores would only share them, and hold 19 MiB each meanwhile.
const RUNNING_MAX = Math.min(16, availableParallelism());
/** Registrations run one at a time, so that a log-in finds a thread that no registration holds (where there are two). */
const REGISTRATIONS_RUNNING_MAX = 1;
/** What one hash is believed to take before the first was measured. */
const HASH_MS_ASSUMED = 50;
/** The weight of the newest hash in the average. */
const NEWEST_WEIGHT = 0.2;

const otherThan = { LOG_IN: 'REGISTRATION', REGISTRATION: 'LOG_IN' } as const;

/**
 * A bounded queue: a hash that could not be done within seconds is turned away at once instead of timing out later. How
 * long the wait would be is reckoned from how long hashes take now, so that a busy machine lets fewer wait. Registrations
 * have a part of the waiting places, and where both kinds wait they take turns: anybody may register as often as they
 * like, and must not keep people from logging in.
 */
export function hashingQueue(waitingMax: number = identityLimits.hashesWaitingMax): HashingQueue {
  const waiting: Record<HashPurpose, (() => void)[]> = { LOG_IN: [], REGISTRATION: [] };
  const running: Record<HashPurpose, number> = { LOG_IN: 0, REGISTRATION: 0 };
  const registrationsWaitingMax = Math.max(1, Math.floor(waitingMax * identityLimits.registrationsWaitingShare));
  let newest: HashPurpose = 'REGISTRATION';
  let hashMs = HASH_MS_ASSUMED;

  const mayRun = (purpose: HashPurpose): boolean =>
    running.LOG_IN + running.REGISTRATION < RUNNING_MAX &&
    (purpose === 'LOG_IN' || running.REGISTRATION < REGISTRATIONS_RUNNING_MAX);

  const refuseWhereTooMany = (purpose: HashPurpose): void => {
    const ownTurns = waiting[purpose].length + 1;
    // At most one of the others goes before each of one's own kind.
    const turns = ownTurns + Math.min(ownTurns, waiting[otherThan[purpose]].length);
    const threads = purpose === 'LOG_IN' ? RUNNING_MAX : REGISTRATIONS_RUNNING_MAX;
    const waitMs = (turns * hashMs) / threads;
    const isFull =
      waiting.LOG_IN.length + waiting.REGISTRATION.length >= waitingMax ||
      (purpose === 'REGISTRATION' && ownTurns > registrationsWaitingMax);
    if (isFull || waitMs > identityLimits.hashWaitMsMax) throw rateLimited(Math.ceil(waitMs / 1000));
  };

  const begin = (purpose: HashPurpose): void => {
    running[purpose] += 1;
    newest = purpose;
  };

  const enter = async (purpose: HashPurpose): Promise<void> => {
    if (mayRun(purpose) && waiting[purpose].length === 0) return begin(purpose);
    refuseWhereTooMany(purpose);
    await new Promise<void>((resolve) => waiting[purpose].push(resolve));
  };

  const leave = (purpose: HashPurpose): void => {
    running[purpose] -= 1;
    const turn = otherThan[newest];
    const next = [turn, otherThan[turn]].find((kind) => waiting[kind].length > 0 && mayRun(kind));
    if (next === undefined) return;
    // Begun here and not by whoever waited, so that nobody comes in between.
    begin(next);
    waiting[next].shift()?.();
  };

  return {
    async run(purpose, work) {
      await enter(purpose);
      const begunAt = performance.now();
      try {
        return await work();
      } finally {
        hashMs += NEWEST_WEIGHT * (performance.now() - begunAt - hashMs);
        leave(purpose);
      }
    },
  };
}
