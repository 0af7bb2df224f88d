import { limitExceeded } from '../../../platform/kernel/faults.js';
import { reportLimits } from '../domain/limits.js';
import { type ReportWindow, reportWindowOf } from '../domain/reportWindow.js';

/** The time that a report sums, as asked or the last 90 days. @throws Fault LIMIT_EXCEEDED (reportDays) beyond 366 days */
export function requireWindow(asked: Parameters<typeof reportWindowOf>[0], now: Date): ReportWindow {
  const window = reportWindowOf(asked, now);
  if (window !== null) return window;
  const { daysMax } = reportLimits;
  throw limitExceeded(
    'reportDays',
    `A report sums at most ${daysMax} days; say from and to, and ask again for the rest.`,
  );
}
