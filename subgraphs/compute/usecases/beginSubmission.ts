import type { Person } from '../../../platform/auth/viewer.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { type Allocation, judgeUse } from '../domain/allocation.js';
import { judgeIsolation, judgeSize } from '../domain/cluster.js';
import { coreShareOf } from '../domain/coreShare.js';
import { lastStart } from '../domain/holdTime.js';
import type { Job } from '../domain/job.js';
import { computeLimits } from '../domain/limits.js';
import { judgePaid } from '../domain/resources.js';
import type { Submission } from '../domain/submission.js';
import { isIsolationRequired } from '../domain/trusted.js';
import type { Dependencies, Repositories, SealedTokens, Trace } from './ports.js';
import { attemptsWithoutEnd, tasks } from './tasks.js';

/**
 * Judges a submit against grant and cluster and writes its hidden row. The allocation is locked against being closed
 * until the row stands, so that closing finds every job. Nothing is written where it refuses.
 * Refusals: GRANT_NOT_USABLE, INVALID_INPUT, RESOURCES_UNAVAILABLE, RESOURCES_NOT_PAID, NOT_ISOLATED.
 */
export async function beginSubmission(
  deps: Dependencies,
  tx: Repositories,
  person: Person,
  submission: Submission,
  tokens: SealedTokens,
  trace: Trace,
): Promise<Result<Job, Refusal>> {
  const now = deps.clock.now();
  const allocation = await tx.allocations.lockByGrant(submission.grantId, 'SHARE');
  const unusable = judgeUse(allocation, { person, clusterId: submission.clusterId, now });
  if (allocation === null || unusable !== null) return err(unusable ?? unknownCluster());
  const [cluster] = await tx.clusters.find([submission.clusterId]);
  if (cluster === undefined) return err(unknownCluster());
  const isolationRequired = isIsolationRequired(deps.trusted, person);
  const refusal =
    judgeSize(cluster, submission.resources) ??
    judgePaid(submission.resources, allocation.basis, coreShareOf(cluster)) ??
    judgeIsolation(cluster, isolationRequired);
  if (refusal !== null) return err(refusal);
  const job = newJob(deps, person, submission, { allocation, isolationRequired, now });
  await tx.jobs.insert(job, tokens);
  await enqueue(
    tx.sql,
    tasks.recoverSubmission,
    { jobId: job.id, clientIp: trace.clientIp },
    {
      jobKey: `submit:${job.id}`,
      runAt: new Date(now.getTime() + computeLimits.submissionRecoverySeconds * 1_000),
      maxAttempts: attemptsWithoutEnd,
    },
  );
  return ok(job);
}

const unknownCluster = (): Refusal => invalidInput(['clusterId'], 'There is no such cluster.');

function newJob(
  deps: Dependencies,
  { userId }: Person,
  { program, ...submission }: Submission,
  {
    allocation,
    isolationRequired,
    now,
  }: { readonly allocation: Allocation; readonly isolationRequired: boolean; readonly now: Date },
): Job {
  return {
    ...submission,
    ...program,
    id: deps.newId('job'),
    submission: 'PREPARING',
    refusal: null,
    allocationId: allocation.id,
    holderId: allocation.holderId,
    submittedById: userId,
    isolationRequired,
    unitPriceMicros: allocation.unitPriceMicros,
    basis: allocation.basis,
    unit: allocation.unit,
    holdId: null,
    lastStartAt: lastStart(now, allocation.endsAt, submission.resources.wallTimeSeconds),
    status: 'PENDING',
    outcome: null,
    cancelRequestedAt: null,
    lease: null,
    fencingToken: 0,
    reportSequence: 0,
    logSequence: null,
    exitCode: null,
    reason: null,
    queuedAt: now,
    startedAt: null,
    endedAt: null,
    chargeMicros: null,
    settleAttempt: 0,
    settledAt: null,
  };
}
