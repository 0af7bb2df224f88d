import type { Job } from '../domain/job.js';
import { isLive } from '../domain/jobStatus.js';
import { unchargedEnd } from '../domain/report.js';
import { endJob } from './endJob.js';
import type { Repositories } from './ports.js';

/**
 * Cancels a locked job that has not ended: one that waits ends at once; of one that a controller has, the controller
 * hears at its next heartbeat and reports the end; one that is being submitted ends when its submit is completed.
 * @returns whether it has ended and can be settled
 */
export async function requestCancel(tx: Repositories, job: Job, reason: string, now: Date): Promise<boolean> {
  if (job.submission === 'READY' && !isLive(job.status)) {
    await endJob(tx, job, unchargedEnd(job, 'CANCELLED', reason, now), now);
    return true;
  }
  if (job.cancelRequestedAt === null) await tx.jobs.change(job.id, { cancelRequestedAt: now, reason });
  return false;
}
