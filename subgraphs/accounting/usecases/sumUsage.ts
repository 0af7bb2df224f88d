import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { UsageDimension, UsageTotal } from '../domain/usage.js';
import type { UsageFilter, UsageRecords } from './ports/usage.js';
import { totalsSightOf, usageSightOf } from './usageRights.js';

const DIMENSIONS_MAX = 4;

/** What is summed, and by what. */
interface UsageSums {
  readonly by: readonly UsageDimension[];
  readonly filter: UsageFilter;
}

/**
 * Sums usage by dimensions. Whoever sees a group's sums without its people sees them here too, unless people are told apart.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT
 */
export const makeSumUsage =
  ({ usage }: { readonly usage: UsageRecords }) =>
  async (viewer: Viewer, { by, filter }: UsageSums, args: PageArguments): Promise<Connection<UsageTotal>> => {
    const sight = by.includes('USER') ? usageSightOf(viewer) : totalsSightOf(viewer, filter);
    if (by.length < 1 || by.length > DIMENSIONS_MAX || new Set(by).size < by.length) {
      throw badUserInput(`by must have 1 to ${DIMENSIONS_MAX} dimensions, each once.`);
    }
    if (by.includes('DAY') && by.includes('MONTH')) throw badUserInput('by must not have both DAY and MONTH.');
    // What tells a total from the others, and its unit.
    const page = parsePage(args, by.length + 1);
    return toConnection(await usage.totalsBy(sight, filter, by, page), page, ({ position }) => position);
  };
