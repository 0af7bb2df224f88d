import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput, limitExceeded } from '../../../platform/kernel/faults.js';
import type { ChargeDimension, ChargeTotal } from '../domain/charge.js';
import { reportLimits } from '../domain/limits.js';
import { chargeSightOf } from './chargeRights.js';
import type { ChargeFilter, ChargeSums, Charges } from './ports/charges.js';

interface Deps {
  readonly charges: Charges;
}

/** What of the charges is asked for, and by what it is summed. */
interface Wish {
  readonly by: readonly ChargeDimension[];
  readonly filter: ChargeFilter;
}

/**
 * A page of charges, summed by dimensions.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, LIMIT_EXCEEDED (reportSeconds)
 */
export const makeSumCharges =
  ({ charges }: Deps) =>
  async (viewer: Viewer, wish: Wish, args: PageArguments): Promise<Connection<ChargeTotal>> => {
    const sums = judgeSums(viewer, wish);
    // What tells a total from the others, and its unit.
    const page = parsePage(args, wish.by.length + 1);
    return toConnection(await charges.totalsBy(sums, page), page, ({ position }) => position);
  };

/**
 * All totals at once, for a document: one statement, so one moment.
 * @throws Fault as makeSumCharges, LIMIT_EXCEEDED (reportLines) where there are more than a document has
 */
export const makeExportCharges =
  ({ charges }: Deps) =>
  async (viewer: Viewer, wish: Wish): Promise<readonly ChargeTotal[]> => {
    const { linesMax } = reportLimits;
    const totals = await charges.totalsBy(judgeSums(viewer, wish), { first: linesMax, after: null });
    if (totals.length <= linesMax) return totals;
    throw limitExceeded('reportLines', `The report has more than ${linesMax} lines; ask for a shorter time or less.`);
  };

function judgeSums(viewer: Viewer, { by, filter }: Wish): ChargeSums {
  const sight = chargeSightOf(viewer, filter, by.includes('USER') || by.includes('GRANT'));
  const { dimensionsMax } = reportLimits;
  if (by.length < 1 || by.length > dimensionsMax || new Set(by).size < by.length) {
    throw badUserInput(`by must have 1 to ${dimensionsMax} dimensions, each once.`);
  }
  if (by.includes('DAY') && by.includes('MONTH')) throw badUserInput('by must not have both DAY and MONTH.');
  return { sight, filter, by };
}
