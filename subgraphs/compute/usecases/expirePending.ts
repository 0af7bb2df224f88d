import { isLive } from '../domain/jobStatus.js';
import type { Dependencies, Trace } from './ports.js';
import { requestCancel } from './requestCancel.js';
import { settleJob } from './settleJob.js';

/** Cancels a job that still waits when it may not begin any more: its grant's window is over or its hold ends soon. */
export async function expirePending(deps: Dependencies, jobId: string, trace: Trace): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const job = await tx.jobs.lock(jobId);
    if (job === null || job.outcome !== null || isLive(job.status)) return;
    await requestCancel(tx, job, 'It could not begin before the time of its grant or hold was over.', deps.clock.now());
  });
  await settleJob(deps, jobId, trace);
}
