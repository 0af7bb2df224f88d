import { limits } from '../../../platform/kernel/limits.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Job } from '../domain/job.js';
import { computeLimits } from '../domain/limits.js';
import { type JobUpdate, judgeReport } from '../domain/report.js';
import type { Call } from './call.js';
import { endJob } from './endJob.js';
import type { Dependencies, Repositories } from './ports.js';
import { requireController } from './requireController.js';
import { settleSoon } from './settleSoon.js';

/** What became of one update. */
export interface JobUpdateResult {
  readonly job: Job | null;
  readonly refusal: Refusal | null;
}

/** The input of reportJobs. */
export interface ReportJobsInput {
  readonly clusterId: string;
  readonly updates: readonly JobUpdate[];
}

/**
 * Takes what a controller says of its jobs, one result for each update. Updates may come twice and out of order; one
 * under an older lease changes nothing. A final one fixes outcome and charge, and the job is settled when its log is
 * complete: at once if possible, by the task if not.
 * Refusals: INVALID_INPUT; in the results LEASE_LOST, JOB_ENDED, INVALID_INPUT.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function reportJobs(
  deps: Dependencies,
  call: Call,
  input: ReportJobsInput,
): Promise<Result<readonly JobUpdateResult[], Refusal>> {
  requireController(call.viewer, input.clusterId);
  if (input.updates.length > limits.batchItemsMax) {
    return err(invalidInput(['updates'], `At most ${limits.batchItemsMax} updates are taken at once.`));
  }
  const results: JobUpdateResult[] = [];
  for (const [index, update] of input.updates.entries()) {
    const refusal = check(update, index);
    results.push(
      refusal === null
        ? await deps.database.transaction((tx) => take(deps, tx, input.clusterId, update))
        : { job: null, refusal },
    );
  }
  return ok(await Promise.all(results.map((result) => settleEnded(deps, call, result))));
}

function check(update: JobUpdate, index: number): Refusal | null {
  const at = (field: string): string[] => ['updates', String(index), field];
  if (update.sequence < 1) return invalidInput(at('sequence'), 'sequence begins at 1.');
  if (update.status === 'PENDING') return invalidInput(at('status'), 'A controller cannot give a job back.');
  if ((update.reason ?? '').length > computeLimits.reasonCharactersMax) {
    return invalidInput(at('reason'), `A reason has at most ${computeLimits.reasonCharactersMax} characters.`);
  }
  if (update.logSequence !== null && (update.logSequence < 0 || update.logSequence > computeLimits.logSequenceMax)) {
    return invalidInput(at('logSequence'), `logSequence must be 0 to ${computeLimits.logSequenceMax}.`);
  }
  return null;
}

async function take(
  deps: Dependencies,
  tx: Repositories,
  clusterId: string,
  update: JobUpdate,
): Promise<JobUpdateResult> {
  const job = await tx.jobs.lock(update.jobId);
  // A job of another cluster is answered like one that does not exist.
  if (job === null || job.clusterId !== clusterId) {
    return { job: null, refusal: refused('LEASE_LOST', 'The lease is lost. Stop the job.') };
  }
  const now = deps.clock.now();
  const effect = judgeReport(job, update, now);
  switch (effect.kind) {
    case 'REFUSED':
      return { job, refusal: effect.refusal };
    case 'PASSED_OVER':
      return { job, refusal: null };
    case 'STEP': {
      const change = { status: effect.status, startedAt: effect.startedAt, reportSequence: update.sequence };
      await tx.jobs.change(job.id, change);
      return { job: { ...job, ...change }, refusal: null };
    }
    case 'END':
      await endJob(tx, job, effect.end, now, { reportSequence: update.sequence });
      return { job: { ...job, ...effect.end, reportSequence: update.sequence }, refusal: null };
  }
}

async function settleEnded(deps: Dependencies, call: Call, result: JobUpdateResult): Promise<JobUpdateResult> {
  const { job, refusal } = result;
  if (job === null || refusal !== null || job.outcome === null || job.settledAt !== null) return result;
  return { job: await settleSoon(deps, call, job), refusal: null };
}
