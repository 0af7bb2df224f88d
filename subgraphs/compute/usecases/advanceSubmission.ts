import { faultpoint } from '../../../platform/faultpoint.js';
import { Fault } from '../../../platform/kernel/faults.js';
import type { Money } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { highestCostMicros } from '../domain/cost.js';
import { grantCannotPay } from '../domain/grantFunds.js';
import { holdSeconds } from '../domain/holdTime.js';
import type { Job } from '../domain/job.js';
import { completeSubmission } from './completeSubmission.js';
import type { Dependencies, Trace } from './ports.js';
import { type SubmissionTokens, sealTokens } from './submissionTokens.js';
import { undoSubmission } from './undoSubmission.js';

/**
 * Takes a submit from where it is to its end: pins, hold, READY; or undoes it where one of them is refused. May run
 * twice at once (the request and the task, or a repeated request): every step has its key, every state one way on.
 * Refusals: those of storage and accounting, GRANT_NOT_USABLE, SUBMISSION_UNDONE. @throws Fault of a service
 */
export async function advanceSubmission(
  deps: Dependencies,
  job: Job,
  tokens: SubmissionTokens,
  trace: Trace,
): Promise<Result<Job, Refusal>> {
  if (job.submission === 'READY') return ok(job);
  if (job.submission === 'UNDONE') return err(job.refusal ?? undone());
  // A repeated request brings fresh tokens, with which the task goes further than with the first ones.
  await deps.database.jobs.setTokens(job.id, sealTokens(deps, tokens));
  if (job.submission === 'PREPARING') {
    const pinned = await pinInputs(deps, job, tokens, trace);
    if (!pinned.ok) return undoSubmission(deps, job.id, 'PREPARING', pinned.refusal, trace);
    if (!(await beginHolding(deps, job.id))) return answerOf(deps, job.id);
  }
  await faultpoint('compute.submitJob.beforeHold');
  const hold = await placeHold(deps, job, tokens, trace);
  await faultpoint('compute.submitJob.afterHold');
  if (!hold.ok) return undoSubmission(deps, job.id, 'HOLDING', hold.refusal, trace);
  await completeSubmission(deps, job.id, hold.value, trace);
  return answerOf(deps, job.id);
}

/** What is answered where a submit was completed, by whomever. */
async function answerOf(deps: Dependencies, jobId: string): Promise<Result<Job, Refusal>> {
  const [job] = await deps.database.jobs.find([jobId]);
  if (job?.submission === 'READY') return ok(job);
  return err(job?.refusal ?? undone());
}

/** The refusal of a submit that could not be completed. */
export const undone = (): Refusal =>
  refused(
    'SUBMISSION_UNDONE',
    'The submit could not be completed in time and was undone. Submit again with a fresh key.',
  );

async function pinInputs(
  deps: Dependencies,
  job: Job,
  tokens: SubmissionTokens,
  trace: Trace,
): Promise<Result<null, Refusal>> {
  for (const [index, { driveId, path, as }] of job.inputs.entries()) {
    await faultpoint('compute.submitJob.beforePin');
    const pin = { key: `${job.id}:pin:${index}`, jobId: job.id, driveId, path, as };
    const at = ['inputs', String(index)];
    const pinned = await orRefusal(
      () => deps.storage.pinJobInput(pin, tokens.storage ?? '', trace),
      () => invalidInput([...at, 'path'], 'There is no such file on a drive that you may read.'),
    );
    await faultpoint('compute.submitJob.afterPin');
    if (!pinned.ok) return err(atPath(pinned.refusal, at));
  }
  return ok(null);
}

/** A refusal of storage names its own input; here the path leads to the input file of the job. */
const atPath = (refusal: Refusal, at: readonly string[]): Refusal =>
  refusal.type === 'InvalidInput' ? { ...refusal, path: [...at, refusal.path.at(-1) ?? 'path'] } : refusal;

/** PREPARING becomes HOLDING before the hold is asked for: from then on the submit is not undone without its answer. */
function beginHolding(deps: Dependencies, jobId: string): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    const job = await tx.jobs.lock(jobId);
    if (job?.submission === 'PREPARING') await tx.jobs.change(jobId, { submission: 'HOLDING' });
    return job?.submission === 'PREPARING' || job?.submission === 'HOLDING';
  });
}

async function placeHold(
  deps: Dependencies,
  job: Job,
  tokens: SubmissionTokens,
  trace: Trace,
): Promise<Result<string, Refusal>> {
  const [allocation] = await deps.database.allocations.findByGrants([job.grantId]);
  if (allocation === undefined) return err(grantGone());
  const { wallTimeSeconds } = job.resources;
  const hold = {
    key: `${job.id}:hold`,
    debitAccountId: allocation.escrowId,
    creditAccountId: allocation.payeeAccountId,
    amount: { micros: highestCostMicros(job), unit: job.unit },
    // Reckoned from the row, so that a repeated call asks for the same.
    expiresInSeconds: holdSeconds(job.queuedAt, allocation.endsAt, wallTimeSeconds),
    resource: job.id,
    reason: `Job ${job.id}`,
  };
  const placed = await orRefusal(() => deps.accounting.placeHold(hold, tokens.accounting, trace), grantGone);
  return placed.ok ? placed : err(ofTheJob(placed.refusal, hold.amount));
}

/** Accounting speaks of an account and an amount; here they are the grant's money and what the resources cost. */
function ofTheJob(refusal: Refusal, needed: Money): Refusal {
  if (refusal.type === 'InsufficientFunds') return grantCannotPay(refusal, needed);
  return refusal.type === 'InvalidInput' ? { ...refusal, path: ['resources'] } : refusal;
}

const grantGone = (): Refusal => refused('GRANT_NOT_USABLE', 'The grant does not pay for jobs (any more).');

/** A definite "no" that comes as a fault is the submit's refusal; what may still have worked stays a fault. */
async function orRefusal<Value>(
  ask: () => Promise<Result<Value, Refusal>>,
  refusalOf: () => Refusal,
): Promise<Result<Value, Refusal>> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault && DEFINITE.has(error.code)) return err(refusalOf());
    throw error;
  }
}

const DEFINITE: ReadonlySet<string> = new Set(['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT']);
