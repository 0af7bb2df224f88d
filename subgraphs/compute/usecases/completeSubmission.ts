import { writeAudit } from '../../../platform/audit/audit.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job } from '../domain/job.js';
import type { Dependencies, Repositories, Trace } from './ports.js';
import { requestCancel } from './requestCancel.js';
import { tasks } from './tasks.js';

/** Shows a job whose inputs are pinned and whose money is held. One cancelled in the meantime ends at once. */
export async function completeSubmission(
  deps: Dependencies,
  jobId: string,
  holdId: string,
  trace: Trace,
): Promise<void> {
  await faultpoint('compute.submitJob.beforeReady');
  await deps.database.transaction(async (tx) => {
    const job = await tx.jobs.lock(jobId);
    if (job?.submission !== 'HOLDING') return;
    await tx.jobs.change(jobId, { submission: 'READY', holdId });
    await enqueue(tx.sql, tasks.expirePending, { jobId }, { jobKey: `expire:${jobId}`, runAt: job.lastStartAt });
    await endIfCancelled(deps, tx, { ...job, submission: 'READY', holdId });
    await writeAudit(tx.sql, {
      actor: job.submittedById,
      action: 'submitJob',
      target: jobId,
      outcome: 'OK',
      requestId: trace.requestId,
      clientIp: trace.clientIp,
      detail: { grantId: job.grantId, holdId },
    });
  });
  await faultpoint('compute.submitJob.afterReady');
}

async function endIfCancelled(deps: Dependencies, tx: Repositories, job: Job): Promise<void> {
  if (job.cancelRequestedAt === null) return;
  await requestCancel(tx, job, job.reason ?? 'Cancelled.', deps.clock.now());
}
