import { computeLimits } from './limits.js';

/**
 * How long a job's hold must last, in seconds: until the grant's window ends (so long may it wait), plus its wall time,
 * plus a margin for the settlement; never more than accounting gives.
 */
export function holdSeconds(now: Date, endsAt: Date, wallTimeSeconds: number): number {
  const waitSeconds = Math.ceil((endsAt.getTime() - now.getTime()) / 1_000);
  return Math.min(waitSeconds + wallTimeSeconds + computeLimits.holdMarginSeconds, computeLimits.holdSecondsMax);
}

/** The instant from which a waiting job may not begin any more: its window is over, or its hold could end before it. */
export function lastStart(now: Date, endsAt: Date, wallTimeSeconds: number): Date {
  const holdEnds = now.getTime() + holdSeconds(now, endsAt, wallTimeSeconds) * 1_000;
  const safe = holdEnds - (wallTimeSeconds + computeLimits.holdMarginSeconds / 2) * 1_000;
  return new Date(Math.min(safe, endsAt.getTime()));
}

/**
 * The instant from which a hold that was asked for, and whose answer was lost, stands no more: it lasts from when it was
 * placed, which cannot be later than the end of the token it was asked for with.
 * @param queuedAt from when its length was reckoned
 */
export function unclearHoldEnd(queuedAt: Date, tokenEndsAt: Date, endsAt: Date, wallTimeSeconds: number): Date {
  const seconds = holdSeconds(queuedAt, endsAt, wallTimeSeconds) + computeLimits.unclearHoldMarginSeconds;
  return new Date(Math.max(queuedAt.getTime(), tokenEndsAt.getTime()) + seconds * 1_000);
}
