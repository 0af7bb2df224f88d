import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Job, SubmissionState } from '../domain/job.js';
import type { FinalStatus, JobStatus } from '../domain/jobStatus.js';
import type { AllocationBasis } from '../domain/resources.js';
import type { Prisma } from '../generated/prisma/client.js';

/** What is read with a job's row. */
export const withJob = { inputs: true, allocation: { select: { holderId: true } } } as const;

/** A job's row with its inputs and whose grant it runs under. */
type JobRow = Prisma.JobGetPayload<{ include: typeof withJob }>;

/** A job from its row. Texts with a closed set of values were written by this service alone, hence the casts. */
export function toJob(row: JobRow): Job {
  const { allocation, ...columns } = row;
  const { command, script, refusal, inputs, nodes, tasks, cpusPerTask, memoryBytes, gpus, wallTimeSeconds } = row;
  return {
    ...columns,
    holderId: allocation.holderId,
    submission: row.submission as SubmissionState,
    refusal: refusal === null ? null : parseRefusal(refusal),
    command: script === null ? command : null,
    resources: { nodes, tasks, cpusPerTask, memoryBytes, gpus, wallTimeSeconds },
    inputs: [...inputs]
      .sort((one, other) => one.position - other.position)
      .map(({ driveId, path, fileName }) => ({ driveId, path, as: fileName })),
    basis: row.basis as AllocationBasis,
    status: row.status as JobStatus,
    outcome: row.outcome as FinalStatus | null,
    lease: toLease(row),
  };
}

function toLease({ lease, leaseSeconds, leaseExpiresAt }: JobRow): Job['lease'] {
  if (lease === null || leaseSeconds === null || leaseExpiresAt === null) return null;
  return { lease, leaseSeconds, expiresAt: leaseExpiresAt };
}

/** A refusal as text; amounts are marked, since JSON has no whole numbers of that size. */
export const refusalText = (refusal: Refusal): string =>
  JSON.stringify(refusal, (_name, value) => (typeof value === 'bigint' ? { $bigint: value.toString() } : value));

const parseRefusal = (text: string): Refusal =>
  JSON.parse(text, (_name, value) =>
    typeof value === 'object' && value !== null && '$bigint' in value ? BigInt(String(value.$bigint)) : value,
  ) as Refusal;
