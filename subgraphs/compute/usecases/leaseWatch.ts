import type { EnqueueOptions } from '../../../platform/work/enqueue.js';
import { computeLimits } from '../domain/limits.js';
import { attemptsWithoutEnd } from './tasks.js';

/** How the task that judges a job's lease is queued: one for each job, a little after the lease's end. */
export const leaseWatch = (jobId: string, expiresAt: Date): EnqueueOptions => ({
  jobKey: `lease:${jobId}`,
  runAt: new Date(expiresAt.getTime() + computeLimits.leaseGraceSeconds * 1_000),
  maxAttempts: attemptsWithoutEnd,
});
