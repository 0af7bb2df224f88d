import { actorName, type Viewer } from '../../../platform/auth/viewer.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import { usageLimits } from '../domain/limits.js';
import type { ReportTurns } from './ports/reportTurns.js';
import type { ClusterPeriod, UsageDay, UsageRecords } from './ports/usage.js';
import { requireClusterReader } from './usageRights.js';

/** The sums of each day of at most 366. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, BAD_USER_INPUT, LIMIT_EXCEEDED, RATE_LIMITED */
export const makeSumUsageDays =
  ({ usage, reportTurns }: { readonly usage: UsageRecords; readonly reportTurns: ReportTurns }) =>
  async (viewer: Viewer, period: ClusterPeriod): Promise<readonly UsageDay[]> => {
    requireClusterReader(viewer, period.clusterId);
    if (period.to.getTime() - period.from.getTime() > usageLimits.daysMax * 86_400_000) {
      throw badUserInput(`The period is longer than ${usageLimits.daysMax} days.`);
    }
    return reportTurns.take(actorName(viewer), () => usage.days(period));
  };
