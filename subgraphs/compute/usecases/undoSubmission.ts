import { writeAudit } from '../../../platform/audit/audit.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job, SubmissionState } from '../domain/job.js';
import type { Dependencies, Repositories, Trace } from './ports.js';
import { attemptsWithoutEnd, tasks } from './tasks.js';

/** A pin that was under way when the submit was undone cannot arrive after its token has ended. */
const LATE_PIN_MS = 660_000;

/**
 * Ends a submit that holds no money: its pins are forgotten, its row stays hidden with the refusal that a repetition
 * gets. Where it has gone on from `from` in the meantime, by another runner, that stands: a hold may exist by then.
 */
export async function undoSubmission(
  deps: Dependencies,
  jobId: string,
  from: SubmissionState,
  refusal: Refusal,
  trace: Trace,
): Promise<Result<Job, Refusal>> {
  const ended = await deps.database.transaction((tx) => undo(deps, tx, jobId, from, refusal, trace));
  await deps.database.allocations.closeIfSettled(ended.allocationId);
  return ended.submission === 'READY' ? ok(ended) : err(ended.refusal ?? refusal);
}

async function undo(
  deps: Dependencies,
  tx: Repositories,
  jobId: string,
  from: SubmissionState,
  refusal: Refusal,
  trace: Trace,
): Promise<Job> {
  const job = await tx.jobs.lock(jobId);
  if (job === null) throw new Error(`job ${jobId} is gone`);
  if (job.submission !== from) return job;
  await tx.jobs.change(jobId, { submission: 'UNDONE', refusal });
  if (job.inputs.length > 0) await forgetPins(deps, tx, jobId);
  await writeAudit(tx.sql, {
    actor: job.submittedById,
    action: 'submitJob',
    target: jobId,
    outcome: refusal.code,
    requestId: trace.requestId,
    clientIp: trace.clientIp,
    detail: { grantId: job.grantId },
  });
  return { ...job, submission: 'UNDONE', refusal };
}

async function forgetPins(deps: Dependencies, tx: Repositories, jobId: string): Promise<void> {
  const options = { maxAttempts: attemptsWithoutEnd };
  await enqueue(tx.sql, tasks.unpinInputs, { jobId, key: `${jobId}:unpin` }, options);
  const late = new Date(deps.clock.now().getTime() + LATE_PIN_MS);
  await enqueue(tx.sql, tasks.unpinInputs, { jobId, key: `${jobId}:unpin:late` }, { ...options, runAt: late });
}
