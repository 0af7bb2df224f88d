import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { accessLimits } from './limits.js';

const UNBOUNDED = { minimumDays: null, maximumDays: null };
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** A half-open span of time, [startsAt, endsAt). */
export interface Window {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * The window that is meant: a start that is absent, past or up to 60 s ahead is now. "Now" is cut to the whole second,
 * so that a window of so many days is priced as so many days.
 * Refusal WINDOW_INVALID: shorter than a second, over already, too long, too far ahead or outside the offer's bounds.
 */
export function parseWindow(
  input: { readonly startsAt: Date | null; readonly endsAt: Date },
  now: Date,
  bounds: { readonly minimumDays: number | null; readonly maximumDays: number | null } = UNBOUNDED,
): Result<Window, InvalidInput> {
  const days = accessLimits.windowDaysMax;
  const refuse = (field: string, message: string) => err(invalidInput([field], message, 'WINDOW_INVALID'));
  const startsAt = meantStart(input.startsAt, now);
  if (startsAt.getTime() - now.getTime() > days * DAY_MS) {
    return refuse('startsAt', `The window begins more than ${days} days ahead.`);
  }
  const window = { startsAt, endsAt: input.endsAt };
  if (input.endsAt <= now) return refuse('endsAt', 'The window is over already; end it later.');
  if (wholeSeconds(window) < 1n) return refuse('endsAt', 'The window must end at least a second after it begins.');
  if (input.endsAt.getTime() - startsAt.getTime() > days * DAY_MS) {
    return refuse('endsAt', `The window is longer than ${days} days.`);
  }
  const lastsMs = input.endsAt.getTime() - startsAt.getTime();
  // A start that is now was cut to the whole second: the part of a second is not held against anybody.
  if (bounds.maximumDays !== null && lastsMs >= bounds.maximumDays * DAY_MS + SECOND_MS) {
    return refuse('endsAt', `The offer's windows last at most ${bounds.maximumDays} days.`);
  }
  if (bounds.minimumDays !== null && lastsMs < bounds.minimumDays * DAY_MS) {
    return refuse('endsAt', `The offer's windows last at least ${bounds.minimumDays} days.`);
  }
  return ok(window);
}

function meantStart(startsAt: Date | null, now: Date): Date {
  const isAhead = startsAt !== null && startsAt.getTime() - now.getTime() > accessLimits.startToleranceMs;
  return isAhead ? startsAt : new Date(Math.floor(now.getTime() / SECOND_MS) * SECOND_MS);
}

/** The whole seconds that a window lasts, a begun one not counted. */
export const wholeSeconds = ({ startsAt, endsAt }: Window): bigint =>
  BigInt(Math.floor((endsAt.getTime() - startsAt.getTime()) / SECOND_MS));

/** The whole seconds of a window that had passed at an instant, at most all of them. */
export function secondsUsed(window: Window, at: Date): bigint {
  if (at <= window.startsAt) return 0n;
  return wholeSeconds({ startsAt: window.startsAt, endsAt: at < window.endsAt ? at : window.endsAt });
}
