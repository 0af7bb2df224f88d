import { type InvalidInput, invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job } from '../domain/job.js';
import { computeLimits } from '../domain/limits.js';
import { unchargedEnd } from '../domain/report.js';
import { type Call, traceOf } from './call.js';
import { endJob } from './endJob.js';
import { leaseWatch } from './leaseWatch.js';
import type { Dependencies, Repositories, SignedInput } from './ports.js';
import { requireController } from './requireController.js';
import { settleSoon } from './settleSoon.js';
import { tasks } from './tasks.js';

/** A job that a controller may run, with everything it needs for it. */
export interface JobLease {
  readonly job: Job;
  readonly lease: string;
  readonly fencingToken: number;
  readonly expiresAt: Date;
  readonly inputs: readonly SignedInput[];
}

/** The input of claimJobs. */
export interface ClaimJobsInput {
  readonly clusterId: string;
  readonly maximum: number;
  readonly leaseSeconds: number;
}

/**
 * Leases waiting jobs of the controller's cluster, longest-waiting first, with fresh addresses of their input files.
 * No two callers get the same job. One whose inputs cannot be signed now goes back and waits on.
 * Refusals: INVALID_INPUT. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, SUBGRAPH_UNAVAILABLE
 */
export async function claimJobs(
  deps: Dependencies,
  call: Call,
  input: ClaimJobsInput,
): Promise<Result<readonly JobLease[], Refusal>> {
  requireController(call.viewer, input.clusterId);
  const malformed = check(input);
  if (malformed !== null) return err(malformed);
  const jobs = await deps.database.transaction((tx) => claim(deps, tx, input));
  const leases = await Promise.all(jobs.map((job) => toLease(deps, call, job)));
  return ok(leases.filter((lease) => lease !== null));
}

function check({ maximum, leaseSeconds }: ClaimJobsInput): InvalidInput | null {
  const { claimJobsMax, leaseSecondsMin, leaseSecondsMax } = computeLimits;
  if (maximum < 1 || maximum > claimJobsMax) {
    return invalidInput(['maximum'], `maximum must be 1 to ${claimJobsMax}.`);
  }
  if (leaseSeconds < leaseSecondsMin || leaseSeconds > leaseSecondsMax) {
    return invalidInput(['leaseSeconds'], `leaseSeconds must be ${leaseSecondsMin} to ${leaseSecondsMax}.`);
  }
  return null;
}

async function claim(deps: Dependencies, tx: Repositories, input: ClaimJobsInput): Promise<readonly Job[]> {
  const now = deps.clock.now();
  await tx.clusters.touch(input.clusterId, { at: now });
  const jobs = await tx.jobs.claim({ ...input, now, newLease: deps.newLease });
  for (const job of jobs) {
    if (job.lease === null) continue;
    await enqueue(tx.sql, tasks.watchLease, { jobId: job.id }, leaseWatch(job.id, job.lease.expiresAt));
  }
  return jobs;
}

async function toLease(deps: Dependencies, call: Call, job: Job): Promise<JobLease | null> {
  const { lease, fencingToken } = job;
  if (lease === null) return null;
  const inputs = await signInputs(deps, call, job);
  return inputs === null ? null : { job, lease: lease.lease, fencingToken, expiresAt: lease.expiresAt, inputs };
}

/** @returns null where the job cannot be given out now; it then waits on, or has ended where its inputs are gone */
async function signInputs(deps: Dependencies, call: Call, job: Job): Promise<readonly SignedInput[] | null> {
  if (job.inputs.length === 0) return [];
  const request = { jobId: job.id, expiresInSeconds: computeLimits.inputUrlSeconds };
  try {
    const signed = await deps.storage.signJobInputs(request, traceOf(call));
    if (signed.ok && signed.value.length === job.inputs.length) return signed.value;
    await endWithoutInputs(deps, call, job, signed.ok ? 'too few' : signed.refusal.code);
  } catch (error) {
    deps.log.warn({ err: error, jobId: job.id }, 'inputs cannot be signed now');
    await changeIfStillLeased(deps, job, (tx) => tx.jobs.change(job.id, { status: 'PENDING', lease: null }));
  }
  return null;
}

/** What storage does not have any more never comes back: the installation failed, and nothing is charged. */
async function endWithoutInputs(deps: Dependencies, call: Call, job: Job, code: string): Promise<void> {
  deps.log.error({ jobId: job.id, code }, 'the pinned inputs of a job are gone');
  const now = deps.clock.now();
  const end = unchargedEnd(job, 'NODE_FAILED', 'Its input files are gone.', now);
  await changeIfStillLeased(deps, job, (tx) => endJob(tx, job, end, now, { lease: null }));
  await settleSoon(deps, call, job);
}

function changeIfStillLeased(deps: Dependencies, job: Job, change: (tx: Repositories) => Promise<void>): Promise<void> {
  return deps.database.transaction(async (tx) => {
    const present = await tx.jobs.lock(job.id);
    if (present?.fencingToken === job.fencingToken && present.status === 'CLAIMED' && present.outcome === null) {
      await change(tx);
    }
  });
}
