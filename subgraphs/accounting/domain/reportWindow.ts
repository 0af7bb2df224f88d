import { reportLimits } from './limits.js';

/** The time that a report sums, half-open; an end of null is the present. */
export interface ReportWindow {
  readonly from: Date;
  readonly to: Date | null;
}

const DAY_MS = 86_400_000;

/**
 * What a report sums where it is not told, or told one end: the 90 days before its end, from a UTC midnight on, so that the
 * pages of one report are of the same time.
 * @returns null where that is longer than 366 days
 */
export function reportWindowOf(
  asked: { readonly from?: Date | null | undefined; readonly to?: Date | null | undefined },
  now: Date,
): ReportWindow | null {
  const to = asked.to ?? null;
  // What is asked for beyond the present is not there yet.
  const endMs = Math.min(to?.getTime() ?? now.getTime(), now.getTime());
  const from = asked.from ?? new Date(Math.floor(endMs / DAY_MS) * DAY_MS - reportLimits.daysDefault * DAY_MS);
  return endMs - from.getTime() > reportLimits.daysMax * DAY_MS ? null : { from, to };
}
