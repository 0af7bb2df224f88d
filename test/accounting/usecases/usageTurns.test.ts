import { expect, it } from 'vitest';
import type { Viewer } from '../../../platform/auth/viewer.js';
import { rateLimited } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { makeListUsage } from '../../../subgraphs/accounting/usecases/listUsage.js';
import type { ReportTurns } from '../../../subgraphs/accounting/usecases/ports/reportTurns.js';
import type { UsageRecords } from '../../../subgraphs/accounting/usecases/ports/usage.js';
import { makeSumUsage } from '../../../subgraphs/accounting/usecases/sumUsage.js';
import { makeSumUsageDays } from '../../../subgraphs/accounting/usecases/sumUsageDays.js';

const clusterId = newId('cluster');
const controller: Viewer = {
  kind: 'serviceAccount',
  serviceAccountId: newId('serviceAccount'),
  tokenId: 'token',
  scopes: new Set(['accounting:usage']),
  clusterIds: [clusterId],
  expiresAt: new Date(Date.now() + 60_000),
};
const page = { first: 1 };
const period = { clusterId, from: new Date(0), to: new Date(86_400_000) };

it.each<[string, (deps: Parameters<typeof makeSumUsage>[0]) => Promise<unknown>]>([
  ['usageTotals', (deps) => makeSumUsage(deps)(controller, { by: ['DAY'], filter: {} }, page)],
  ['the totals of usage', async (deps) => (await makeListUsage(deps)(controller, {}, page)).totals()],
  ['usageDays', (deps) => makeSumUsageDays(deps)(controller, period)],
])('%s read when it is the caller’s turn, and not before', async (_what, ask) => {
  const callers: string[] = [];
  const reportTurns: ReportTurns = {
    async take(caller) {
      callers.push(caller);
      throw rateLimited(5);
    },
  };
  // Has no sums to read, so that one that is not in turn is seen.
  const usage = { page: async () => [] } as unknown as UsageRecords;
  await expect(ask({ usage, reportTurns, clock: { now: () => new Date() } })).rejects.toMatchObject({
    code: 'RATE_LIMITED',
  });
  expect(callers).toEqual([controller.serviceAccountId]);
});
