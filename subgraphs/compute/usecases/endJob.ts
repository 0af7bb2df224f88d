import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job } from '../domain/job.js';
import type { JobEnd } from '../domain/report.js';
import type { JobChange, Repositories } from './ports.js';
import { attemptsWithoutEnd, tasks } from './tasks.js';

/** The one who ends a job tries to settle it at once; the task is for the case that this process does not live on. */
const SETTLE_AFTER_MS = 3_000;

/**
 * Fixes how a locked job ends and sees to it that its money is settled. What everybody sees of it changes only then.
 */
export async function endJob(
  tx: Repositories,
  job: Job,
  end: JobEnd,
  now: Date,
  also: Pick<JobChange, 'reportSequence' | 'lease'> = {},
): Promise<void> {
  await tx.jobs.change(job.id, { ...end, ...also });
  await enqueue(
    tx.sql,
    tasks.settleJob,
    { jobId: job.id },
    {
      jobKey: `settle:${job.id}`,
      runAt: new Date(now.getTime() + SETTLE_AFTER_MS),
      maxAttempts: attemptsWithoutEnd,
    },
  );
}
