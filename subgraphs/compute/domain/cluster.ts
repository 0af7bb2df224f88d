import { type InvalidInput, invalidInput, type Refused, refused } from '../../../platform/kernel/refusal.js';
import type { JobResources } from './resources.js';

/** Where jobs run. What its controller told last is null until it called for the first time. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly providerGroupId: string;
  /** Whether its controller can keep a job from Tollgate's own files and from other jobs. */
  readonly isolated: boolean | null;
  /** Cores that one job can have. */
  readonly cores: number | null;
  /** GPUs that one job can have. */
  readonly gpus: number | null;
  /** Bytes that one job can have. */
  readonly memoryBytes: bigint | null;
  /** Cores that come with one GPU, and bytes of memory that a core comes with; null where it said nothing (coreShareOf). */
  readonly coresPerGpu: number | null;
  readonly memoryBytesPerCore: bigint | null;
  readonly lastSeenAt: Date | null;
}

/**
 * Whether a cluster can ever run a job of this size; null where it can. Refusal: RESOURCES_UNAVAILABLE at the path of
 * the value. Clusters are single machines for now; one that has not told of GPUs has none.
 */
export function judgeSize(cluster: Cluster, resources: JobResources): InvalidInput | null {
  const unavailable = (field: string, message: string): InvalidInput =>
    invalidInput(['resources', field], message, 'RESOURCES_UNAVAILABLE');
  if (resources.nodes > 1) return unavailable('nodes', 'The cluster is one machine; ask for one node.');
  const gpus = cluster.gpus ?? 0;
  if (resources.gpus > gpus) {
    return unavailable('gpus', gpus === 0 ? 'The cluster has no GPUs; ask for none.' : `The cluster has ${gpus} GPUs.`);
  }
  if (cluster.cores !== null && resources.tasks * resources.cpusPerTask > cluster.cores) {
    return unavailable('cpusPerTask', `The cluster has ${cluster.cores} cores; ask for less.`);
  }
  if (cluster.memoryBytes !== null && resources.memoryBytes !== null && resources.memoryBytes > cluster.memoryBytes) {
    return unavailable('memory', `The cluster has ${cluster.memoryBytes} bytes of memory; ask for less.`);
  }
  return null;
}

/**
 * Whether a cluster may run the job of somebody who is not trusted; null where it may. A cluster that has not called
 * yet gets the benefit of the doubt, its controller refuses by itself. Refusal: NOT_ISOLATED.
 */
export function judgeIsolation(cluster: Cluster, isolationRequired: boolean): Refused | null {
  return isolationRequired && cluster.isolated === false
    ? refused(
        'NOT_ISOLATED',
        'This cluster cannot isolate jobs and runs only those of trusted people. Ask an operator.',
      )
    : null;
}
