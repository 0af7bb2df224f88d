import { Fault } from '../../../platform/kernel/faults.js';
import { unclearHoldEnd } from '../domain/holdTime.js';
import type { Job } from '../domain/job.js';
import { advanceSubmission, undone } from './advanceSubmission.js';
import type { Dependencies, Trace } from './ports.js';
import { openTokens } from './submissionTokens.js';
import { undoSubmission } from './undoSubmission.js';

/**
 * Takes up a submit that its request left half-made. With tokens that still live it is completed. Without them one
 * that has not asked for a hold is undone; one that has is unclear until its submitter repeats the request, or until
 * the hold has ended by itself at the latest.
 * @throws Fault SUBGRAPH_UNAVAILABLE, or an error that names the unclear submit: the task is tried again
 */
export async function recoverSubmission(deps: Dependencies, jobId: string, trace: Trace): Promise<void> {
  const [job] = await deps.database.jobs.find([jobId]);
  if (job === undefined || job.submission === 'READY' || job.submission === 'UNDONE') return;
  const tokens = openTokens(deps, await deps.database.jobs.tokens(jobId));
  if (tokens !== null) {
    try {
      await advanceSubmission(deps, job, tokens, trace);
      return;
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'UNAUTHENTICATED')) throw error;
    }
  }
  await giveUp(deps, job.id, trace);
}

async function giveUp(deps: Dependencies, jobId: string, trace: Trace): Promise<void> {
  const [job] = await deps.database.jobs.find([jobId]);
  if (job?.submission === 'HOLDING' && !(await isHoldOver(deps, job))) {
    deps.log.error({ jobId }, 'a submit is unclear: its hold may stand, and its tokens have ended');
    throw new Error(`the hold of ${jobId} is unclear`);
  }
  if (job !== undefined) await undoSubmission(deps, jobId, job.submission, undone(), trace);
}

/** Whether the hold, if there is one, has ended by itself. Every repetition keeps its tokens before it asks. */
async function isHoldOver({ database, clock }: Dependencies, job: Job): Promise<boolean> {
  const [allocation] = await database.allocations.findByGrants([job.grantId]);
  // Without an allocation no hold was ever asked for.
  if (allocation === undefined) return true;
  const tokenEndsAt = (await database.jobs.tokens(job.id))?.expiresAt ?? job.queuedAt;
  return clock.now() > unclearHoldEnd(job.queuedAt, tokenEndsAt, allocation.endsAt, job.resources.wallTimeSeconds);
}
