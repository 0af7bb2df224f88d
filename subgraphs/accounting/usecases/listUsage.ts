import { actorName, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { UsageRecord, UsageTotals } from '../domain/usage.js';
import type { ReportTurns } from './ports/reportTurns.js';
import type { UsageFilter, UsageRecords } from './ports/usage.js';
import { totalsSightOf, usageSightOf } from './usageRights.js';

/** A page of records, and the sums of all that the filter finds, reckoned only where they are asked for. */
export interface UsagePage extends Connection<UsageRecord> {
  totals(): Promise<UsageTotals>;
}

/** Usage that the viewer may see, that which began last first. @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT */
export const makeListUsage =
  ({ usage, reportTurns }: { readonly usage: UsageRecords; readonly reportTurns: ReportTurns }) =>
  async (viewer: Viewer, filter: UsageFilter, args: PageArguments): Promise<UsagePage> => {
    const sight = usageSightOf(viewer);
    const page = parsePage(args, 4);
    if (page.after !== null && !isPosition(page.after)) throw badUserInput('after is not a cursor of this list.');
    const records = await usage.page(sight, filter, page);
    const connection = toConnection(records, page, ({ start, clusterId, externalId, segment }) => [
      start.toISOString(),
      clusterId,
      externalId,
      String(segment),
    ]);
    const totals = () => usage.totals(totalsSightOf(viewer, filter), filter);
    return { ...connection, totals: () => reportTurns.take(actorName(viewer), totals) };
  };

const isPosition = ([start = '', cluster = '', external = '', segment = '']: readonly string[]): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(start) &&
  !Number.isNaN(Date.parse(start)) &&
  !/\p{Cc}/u.test(cluster + external) &&
  /^\d{1,9}$/.test(segment);
