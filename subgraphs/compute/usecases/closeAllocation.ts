import { writeAudit } from '../../../platform/audit/audit.js';
import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Allocation } from '../domain/allocation.js';
import type { Job } from '../domain/job.js';
import { isLive } from '../domain/jobStatus.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import type { Dependencies, Repositories } from './ports.js';
import { requestCancel } from './requestCancel.js';
import { settleSoon } from './settleSoon.js';

/**
 * Closes a grant's right to compute, for access; safe to repeat until it is CLOSED. Waiting jobs are cancelled, those
 * that a controller has are cancelled unless `wait`; it is CLOSING until the last of them is settled. A grant that
 * never had one is remembered as ended, so that a provisioning still under way is refused.
 * @returns null where the grant never had one
 */
export async function closeAllocation(
  deps: Dependencies,
  call: Call,
  input: { readonly grantId: string; readonly wait: boolean },
): Promise<Allocation | null> {
  requireService(call.viewer, 'access');
  if (!isId('grant', input.grantId)) throw notFound('grant');
  await faultpoint('compute.closeAllocation.beforeCommit');
  const { allocation, ended } = await deps.database.transaction((tx) => close(deps, tx, call, input));
  await faultpoint('compute.closeAllocation.afterCommit');
  if (allocation === null) return null;
  await Promise.all(ended.map((job) => settleSoon(deps, call, job)));
  await deps.database.allocations.closeIfSettled(allocation.id);
  const [closed] = await deps.database.allocations.findByGrants([input.grantId]);
  return closed ?? allocation;
}

async function close(
  deps: Dependencies,
  tx: Repositories,
  call: Call,
  { grantId, wait }: { readonly grantId: string; readonly wait: boolean },
): Promise<{ readonly allocation: Allocation | null; readonly ended: readonly Job[] }> {
  const now = deps.clock.now();
  await tx.allocations.lockGrant(grantId);
  await tx.allocations.markEnded(grantId, now);
  const allocation = await tx.allocations.lockByGrant(grantId, 'UPDATE');
  if (allocation === null || allocation.status === 'CLOSED') return { allocation, ended: [] };
  if (allocation.status !== 'CLOSING') {
    await tx.allocations.setStatus(allocation.id, 'CLOSING');
    await writeAudit(tx.sql, entryOf(call, { action: 'closeAllocation', target: allocation.id }));
  }
  const ended: Job[] = [];
  for (const job of await tx.jobs.lockUnsettled(allocation.id)) {
    if (job.outcome !== null || (wait && isLive(job.status))) continue;
    if (await requestCancel(tx, job, 'Cancelled: its grant has ended.', now)) ended.push(job);
  }
  return { allocation: { ...allocation, status: 'CLOSING' }, ended };
}
