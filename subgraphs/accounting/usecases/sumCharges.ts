import { actorName, type Viewer } from '../../../platform/auth/viewer.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput, limitExceeded } from '../../../platform/kernel/faults.js';
import type { ChargeDimension, ChargeTotal } from '../domain/charge.js';
import { reportLimits } from '../domain/limits.js';
import { chargeSightOf } from './chargeRights.js';
import type { ChargeFilter, ChargeSums, Charges } from './ports/charges.js';
import type { ReportTurns } from './ports/reportTurns.js';
import { requireWindow } from './requireWindow.js';

interface Deps {
  readonly charges: Charges;
  readonly reportTurns: ReportTurns;
  readonly clock: Clock;
}

/** A page of sums, and from when on they are. */
export interface ChargePage extends Connection<ChargeTotal> {
  readonly from: Date;
}

/** Sums for a document, and from when on they are. */
interface ChargeExport {
  readonly from: Date;
  readonly totals: readonly ChargeTotal[];
}

/** What of the charges is asked for, and by what it is summed. */
interface Wish {
  readonly by: readonly ChargeDimension[];
  readonly filter: ChargeFilter;
}

/**
 * A page of charges, summed by dimensions; of the last 90 days where nobody says from when on.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, LIMIT_EXCEEDED (reportDays, reportSeconds), RATE_LIMITED
 */
export const makeSumCharges =
  ({ charges, reportTurns, clock }: Deps) =>
  async (viewer: Viewer, wish: Wish, args: PageArguments): Promise<ChargePage> => {
    const { from, sums } = judgeSums(viewer, wish, clock.now());
    // What tells a total from the others, and its unit.
    const page = parsePage(args, wish.by.length + 1);
    const totals = await reportTurns.take(actorName(viewer), () => charges.totalsBy(sums, page));
    return { ...toConnection(totals, page, ({ position }) => position), from };
  };

/**
 * All totals at once, for a document: one statement, so one moment.
 * @throws Fault as makeSumCharges, LIMIT_EXCEEDED (reportLines) where there are more than a document has
 */
export const makeExportCharges =
  ({ charges, reportTurns, clock }: Deps) =>
  async (viewer: Viewer, wish: Wish): Promise<ChargeExport> => {
    const { linesMax } = reportLimits;
    const { from, sums } = judgeSums(viewer, wish, clock.now());
    const page = { first: linesMax, after: null };
    const totals = await reportTurns.take(actorName(viewer), () => charges.totalsBy(sums, page));
    if (totals.length <= linesMax) return { from, totals };
    throw limitExceeded('reportLines', `The report has more than ${linesMax} lines; ask for a shorter time or less.`);
  };

/** What is read, and from when on. */
interface Judged {
  readonly from: Date;
  readonly sums: ChargeSums;
}

function judgeSums(viewer: Viewer, { by, filter }: Wish, now: Date): Judged {
  const sight = chargeSightOf(viewer, filter, by.includes('USER') || by.includes('GRANT'));
  const { dimensionsMax } = reportLimits;
  if (by.length < 1 || by.length > dimensionsMax || new Set(by).size < by.length) {
    throw badUserInput(`by must have 1 to ${dimensionsMax} dimensions, each once.`);
  }
  if (by.includes('DAY') && by.includes('MONTH')) throw badUserInput('by must not have both DAY and MONTH.');
  const window = requireWindow(filter, now);
  return { from: window.from, sums: { sight, filter: { ...filter, ...window }, by } };
}
