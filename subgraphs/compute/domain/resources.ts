import type { Rational } from '../../../platform/kernel/rational.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { CoreShare } from './coreShare.js';
import { computeLimits } from './limits.js';

/** What a job may use. */
export interface JobResources {
  readonly nodes: number;
  readonly tasks: number;
  readonly cpusPerTask: number;
  readonly memoryBytes: bigint | null;
  readonly gpus: number;
  readonly wallTimeSeconds: number;
}

/** What a job asks for, as clients send it; absent means the default. */
export interface JobResourcesInput {
  readonly nodes?: number | null | undefined;
  readonly tasks?: number | null | undefined;
  readonly cpusPerTask?: number | null | undefined;
  readonly memory?: bigint | null | undefined;
  readonly gpus?: number | null | undefined;
  readonly wallTimeSeconds: number;
}

/** What a grant pays for, by the hour: cores, GPUs, or GiB of memory. */
export type AllocationBasis = 'CORE_HOUR' | 'GPU_HOUR' | 'MEMORY_GIB_HOUR';

const BYTES_PER_GIB = 1_073_741_824n;
const INT_MAX = 2_147_483_647;
const MEMORY_BYTES_MAX = 2n ** 60n;

/** Checks what a job asks for. Refusal: INVALID_INPUT at the path of the value. */
export function parseResources(input: JobResourcesInput): Result<JobResources, InvalidInput> {
  const resources: JobResources = {
    nodes: input.nodes ?? 1,
    tasks: input.tasks ?? 1,
    cpusPerTask: input.cpusPerTask ?? 1,
    memoryBytes: input.memory ?? null,
    gpus: input.gpus ?? 0,
    wallTimeSeconds: input.wallTimeSeconds,
  };
  const bounds = [
    ['nodes', resources.nodes, 1, INT_MAX],
    ['tasks', resources.tasks, 1, computeLimits.tasksMax],
    ['cpusPerTask', resources.cpusPerTask, 1, computeLimits.cpusPerTaskMax],
    ['gpus', resources.gpus, 0, INT_MAX],
    ['wallTimeSeconds', resources.wallTimeSeconds, 1, computeLimits.wallTimeSecondsMax],
  ] as const;
  for (const [field, value, least, most] of bounds) {
    if (value < least || value > most) {
      return err(invalidInput(['resources', field], `${field} must be ${least} to ${most}.`));
    }
  }
  const memory = resources.memoryBytes;
  if (memory !== null && (memory < 1n || memory > MEMORY_BYTES_MAX)) {
    return err(invalidInput(['resources', 'memory'], `memory must be 1 to ${MEMORY_BYTES_MAX} bytes.`));
  }
  return ok(resources);
}

/** The cores that are allocated. */
export const coresOf = (resources: JobResources): bigint =>
  BigInt(resources.nodes) * BigInt(resources.tasks) * BigInt(resources.cpusPerTask);

/**
 * How much of what a grant pays for a job is allocated.
 * @returns so many cores, GPUs, or GiB of memory; 0 where the job asks for none (judgePaid refuses it)
 */
export function paidAmountOf(resources: JobResources, basis: AllocationBasis): Rational {
  switch (basis) {
    case 'CORE_HOUR':
      return { numerator: coresOf(resources), denominator: 1n };
    case 'GPU_HOUR':
      return { numerator: BigInt(resources.gpus), denominator: 1n };
    case 'MEMORY_GIB_HOUR':
      return { numerator: resources.memoryBytes ?? 0n, denominator: BYTES_PER_GIB };
  }
}

/**
 * Whether a grant pays for a job: it must ask for what the grant is priced by; GPUs are given to grants of GPU-hours
 * alone, and cores by what comes with the GPUs or the memory, since they would be free by any other basis.
 * Refusal: RESOURCES_NOT_PAID at the path of the value.
 */
export function judgePaid(resources: JobResources, basis: AllocationBasis, share: CoreShare): InvalidInput | null {
  if (basis !== 'GPU_HOUR' && resources.gpus > 0) {
    return notPaid('gpus', 'The grant does not pay for GPUs; submit it under a grant of GPU-hours.');
  }
  if (basis === 'GPU_HOUR' && resources.gpus === 0) {
    return notPaid('gpus', 'The grant pays for GPU-hours; ask for at least one GPU.');
  }
  if (basis === 'MEMORY_GIB_HOUR' && resources.memoryBytes === null) {
    return notPaid('memory', 'The grant pays for memory by the hour; say how much the job may use.');
  }
  return judgeCores(resources, basis, share);
}

/** Whether the cores come with the GPUs or the memory that the grant pays for. */
function judgeCores(resources: JobResources, basis: AllocationBasis, share: CoreShare): InvalidInput | null {
  const cores = coresOf(resources);
  if (basis === 'GPU_HOUR') {
    const perGpu = BigInt(share.coresPerGpu);
    const most = BigInt(resources.gpus) * perGpu;
    if (cores <= most) return null;
    const needed = (cores + perGpu - 1n) / perGpu;
    const rule = `The grant pays for GPUs, ${perGpu} cores come with each`;
    return notPaid('cpusPerTask', `${rule}: ask for at most ${most} cores, or for at least ${needed} GPUs.`);
  }
  if (basis === 'MEMORY_GIB_HOUR') {
    const memory = resources.memoryBytes ?? 0n;
    const needed = cores * share.memoryBytesPerCore;
    if (memory >= needed) return null;
    const most = memory / share.memoryBytesPerCore;
    const rule = `The grant pays for memory, a core comes with each ${share.memoryBytesPerCore} bytes of it`;
    return most === 0n
      ? notPaid('memory', `${rule}: ask for at least ${needed} bytes.`)
      : notPaid('cpusPerTask', `${rule}: ask for at most ${most} cores, or for at least ${needed} bytes of memory.`);
  }
  return null;
}

const notPaid = (field: string, message: string): InvalidInput =>
  invalidInput(['resources', field], message, 'RESOURCES_NOT_PAID');
