import type { Cluster } from './cluster.js';

/** How many cores come with what a grant pays for, where it does not pay for cores themselves. */
export interface CoreShare {
  /** Cores that come with one GPU. */
  readonly coresPerGpu: number;
  /** Bytes of memory that one core comes with. */
  readonly memoryBytesPerCore: bigint;
}

/** What is taken for a cluster that has told neither its shares nor its size: a common node's. */
export const coreShareDefault: CoreShare = { coresPerGpu: 8, memoryBytesPerCore: 4n * 2n ** 30n };

type Told = Pick<Cluster, 'cores' | 'gpus' | 'memoryBytes' | 'coresPerGpu' | 'memoryBytesPerCore'>;

/**
 * A cluster's shares: what its controller told, as a centre sets them (Slurm: DefCpuPerGPU, MaxMemPerCPU); else each
 * GPU's and each core's even part of the machine, so that whoever pays for half of it gets half of its cores.
 */
export const coreShareOf = (told: Told): CoreShare => ({
  coresPerGpu: told.coresPerGpu ?? coresOfOneGpu(told) ?? coreShareDefault.coresPerGpu,
  memoryBytesPerCore: told.memoryBytesPerCore ?? memoryOfOneCore(told) ?? coreShareDefault.memoryBytesPerCore,
});

/** At least one: a job has a core. */
const coresOfOneGpu = ({ cores, gpus }: Told): number | null =>
  cores === null || gpus === null || gpus === 0 ? null : Math.max(1, Math.floor(cores / gpus));

/** Rounded down, so that all of the memory comes with all of the cores. */
function memoryOfOneCore({ cores, memoryBytes }: Told): bigint | null {
  if (cores === null || memoryBytes === null) return null;
  const share = memoryBytes / BigInt(cores);
  return share > 1n ? share : 1n;
}
