import { actorName, type Viewer } from '../../../platform/auth/viewer.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { UsageDimension, UsageTotal } from '../domain/usage.js';
import type { ReportTurns } from './ports/reportTurns.js';
import type { UsageFilter, UsageRecords } from './ports/usage.js';
import { requireWindow } from './requireWindow.js';
import { totalsSightOf, usageSightOf } from './usageRights.js';

const DIMENSIONS_MAX = 4;

/** What is summed, and by what. */
interface UsageSums {
  readonly by: readonly UsageDimension[];
  readonly filter: UsageFilter;
}

interface Deps {
  readonly usage: UsageRecords;
  readonly reportTurns: ReportTurns;
  readonly clock: Clock;
}

/** A page of sums, and from when on they are. */
export interface UsageTotalPage extends Connection<UsageTotal> {
  readonly from: Date;
}

/**
 * Sums usage by dimensions, of the last 90 days where nobody says from when on. Whoever sees a group's sums without its people sees them here too, unless people are told apart.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, LIMIT_EXCEEDED (reportDays, reportSeconds), RATE_LIMITED
 */
export const makeSumUsage =
  ({ usage, reportTurns, clock }: Deps) =>
  async (viewer: Viewer, { by, filter }: UsageSums, args: PageArguments): Promise<UsageTotalPage> => {
    const sight = by.includes('USER') ? usageSightOf(viewer) : totalsSightOf(viewer, filter);
    if (by.length < 1 || by.length > DIMENSIONS_MAX || new Set(by).size < by.length) {
      throw badUserInput(`by must have 1 to ${DIMENSIONS_MAX} dimensions, each once.`);
    }
    if (by.includes('DAY') && by.includes('MONTH')) throw badUserInput('by must not have both DAY and MONTH.');
    // What tells a total from the others, and its unit.
    const page = parsePage(args, by.length + 1);
    const window = requireWindow(filter, clock.now());
    const read = () => usage.totalsBy(sight, { ...filter, ...window }, by, page);
    const totals = await reportTurns.take(actorName(viewer), read);
    return { ...toConnection(totals, page, ({ position }) => position), from: window.from };
  };
