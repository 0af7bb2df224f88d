import { limits } from '../../../platform/kernel/limits.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Job } from '../domain/job.js';
import { holdsLease, type LeaseReference } from '../domain/lease.js';
import type { Call } from './call.js';
import type { Dependencies, Repositories } from './ports.js';
import { requireController } from './requireController.js';

/** The input of heartbeat. */
export interface HeartbeatInput {
  readonly clusterId: string;
  readonly isolated?: boolean | null | undefined;
  readonly cores?: number | null | undefined;
  readonly gpus?: number | null | undefined;
  readonly memory?: bigint | null | undefined;
  readonly coresPerGpu?: number | null | undefined;
  readonly memoryPerCore?: bigint | null | undefined;
  readonly leases: readonly (LeaseReference & { readonly jobId: string })[];
}

const CORES_MAX = 1_000_000;
const GPUS_MAX = 1_000_000;
const MEMORY_BYTES_MAX = 2n ** 60n;

/**
 * Keeps leases and tells the controller which jobs to end: those whose lease is lost or that have ended otherwise, and
 * those that are to be cancelled (whose lease is kept until their end is reported). Keeps what it tells of itself.
 * Refusals: INVALID_INPUT. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function heartbeat(
  deps: Dependencies,
  call: Call,
  input: HeartbeatInput,
): Promise<Result<readonly string[], Refusal>> {
  requireController(call.viewer, input.clusterId);
  const malformed = check(input);
  if (malformed !== null) return err(malformed);
  return ok(await deps.database.transaction((tx) => keepLeases(deps, tx, input)));
}

function check({ cores, gpus, memory, coresPerGpu, memoryPerCore, leases }: HeartbeatInput): Refusal | null {
  if (cores != null && (cores < 1 || cores > CORES_MAX)) {
    return invalidInput(['cores'], `cores must be 1 to ${CORES_MAX}.`);
  }
  if (gpus != null && (gpus < 0 || gpus > GPUS_MAX)) return invalidInput(['gpus'], `gpus must be 0 to ${GPUS_MAX}.`);
  if (memory != null && (memory < 1n || memory > MEMORY_BYTES_MAX)) {
    return invalidInput(['memory'], `memory must be 1 to ${MEMORY_BYTES_MAX} bytes.`);
  }
  if (coresPerGpu != null && (coresPerGpu < 1 || coresPerGpu > CORES_MAX)) {
    return invalidInput(['coresPerGpu'], `coresPerGpu must be 1 to ${CORES_MAX}.`);
  }
  if (memoryPerCore != null && (memoryPerCore < 1n || memoryPerCore > MEMORY_BYTES_MAX)) {
    return invalidInput(['memoryPerCore'], `memoryPerCore must be 1 to ${MEMORY_BYTES_MAX} bytes.`);
  }
  if (leases.length > limits.batchItemsMax) {
    return invalidInput(['leases'], `At most ${limits.batchItemsMax} leases are kept at once.`);
  }
  return null;
}

async function keepLeases(deps: Dependencies, tx: Repositories, input: HeartbeatInput): Promise<readonly string[]> {
  const now = deps.clock.now();
  await tx.clusters.touch(input.clusterId, {
    at: now,
    ...(input.isolated == null ? {} : { isolated: input.isolated }),
    ...(input.cores == null ? {} : { cores: input.cores }),
    ...(input.gpus == null ? {} : { gpus: input.gpus }),
    ...(input.memory == null ? {} : { memoryBytes: input.memory }),
    ...(input.coresPerGpu == null ? {} : { coresPerGpu: input.coresPerGpu }),
    ...(input.memoryPerCore == null ? {} : { memoryBytesPerCore: input.memoryPerCore }),
  });
  const jobs = await tx.jobs.lockMany(input.leases.map(({ jobId }) => jobId));
  const known = new Map(jobs.map((job) => [job.id, job]));
  const kept: { id: string; expiresAt: Date }[] = [];
  const cancel: string[] = [];
  for (const reference of input.leases) {
    const job = known.get(reference.jobId);
    const lease = job === undefined ? null : keptLease(job, input.clusterId, reference);
    if (lease !== null) {
      kept.push({ id: reference.jobId, expiresAt: new Date(now.getTime() + lease.leaseSeconds * 1_000) });
    }
    if (lease === null || job?.cancelRequestedAt != null) cancel.push(reference.jobId);
  }
  await tx.jobs.extendLeases(kept);
  return cancel;
}

/** The lease, where the controller still holds it. A job that has ended keeps it for the rest of its log. */
const keptLease = (job: Job, clusterId: string, reference: LeaseReference): Job['lease'] =>
  job.clusterId === clusterId && job.settledAt === null && holdsLease(job, reference) ? job.lease : null;
