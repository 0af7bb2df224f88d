import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job, JobLeaseState } from '../domain/job.js';
import { mayHaveStarted } from '../domain/jobStatus.js';
import { unchargedEnd } from '../domain/report.js';
import { endJob } from './endJob.js';
import { isLogComplete } from './isLogComplete.js';
import { leaseWatch } from './leaseWatch.js';
import type { Dependencies, Repositories, Trace } from './ports.js';
import { settleJob } from './settleJob.js';
import { tasks } from './tasks.js';

/** What stands at the end of a log whose last calls never came. */
const LOG_LOST = 'The end of the log was lost with its controller.';

/**
 * Judges a job's lease once its time is over. Kept by heartbeats: looked at again later. Lost: a job that may have
 * begun ends NODE_FAILED, uncharged, for nobody can tell whether it still runs, so that no job runs twice; one that
 * has not goes back to wait. One that has ended is settled without the rest of its log.
 */
export async function watchLease(deps: Dependencies, jobId: string, trace: Trace): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const job = await tx.jobs.lock(jobId);
    if (job === null || job.lease === null || job.settledAt !== null) return;
    const endsAt = leaseEnd(deps, job.lease);
    if (endsAt > deps.clock.now()) {
      await enqueue(tx.sql, tasks.watchLease, { jobId }, leaseWatch(jobId, endsAt));
    } else {
      await loseLease(deps, tx, job);
    }
  });
  await settleJob(deps, jobId, trace);
}

/** Nobody could keep a lease while this service was down: everybody gets a whole lease from when it came back. */
function leaseEnd(deps: Dependencies, { expiresAt, leaseSeconds }: JobLeaseState): Date {
  const fromStart = deps.servingSince.getTime() + leaseSeconds * 1_000;
  return new Date(Math.max(expiresAt.getTime(), fromStart));
}

async function loseLease(deps: Dependencies, tx: Repositories, job: Job): Promise<void> {
  const now = deps.clock.now();
  if (job.outcome !== null) return loseLog(deps, tx, job);
  if (mayHaveStarted(job.status)) {
    deps.log.warn({ jobId: job.id }, 'a controller has lost a job');
    const end = unchargedEnd(job, 'NODE_FAILED', 'Its controller did not answer any more.', now);
    return endJob(tx, job, end, now, { lease: null });
  }
  if (job.cancelRequestedAt !== null) {
    return endJob(tx, job, unchargedEnd(job, 'CANCELLED', job.reason, now), now, { lease: null });
  }
  return tx.jobs.change(job.id, { status: 'PENDING', lease: null });
}

/** Giving the lease up lets the job be settled without waiting for log calls. */
async function loseLog(deps: Dependencies, tx: Repositories, job: Job): Promise<void> {
  if (await isLogComplete(tx, job)) return;
  const size = await tx.logs.sizeOf(job.id);
  const last = { jobId: job.id, fencingToken: job.fencingToken, sequence: (job.logSequence ?? 0) + 1 };
  await tx.logs.add(last, { ...size, lines: [{ at: deps.clock.now(), stream: 'SYSTEM', text: LOG_LOST }] });
  await tx.jobs.change(job.id, { lease: null });
}
