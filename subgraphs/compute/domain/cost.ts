import { computeCostMicros } from '../../../platform/kernel/pricing.js';
import type { FinalStatus } from './jobStatus.js';
import { coresOf, type JobResources } from './resources.js';

/** The most a job can cost: all its cores for all its wall time. The hold is of this amount. */
export const highestCostMicros = (unitPriceMicros: bigint, resources: JobResources): bigint =>
  computeCostMicros(unitPriceMicros, coresOf(resources), BigInt(resources.wallTimeSeconds));

/**
 * What a job that ended costs, in millionths: allocated cores x wall-clock seconds (begun seconds count whole), never
 * beyond its wall time. What the machine broke is not charged; what never began costs nothing.
 */
export function actualCostMicros(job: {
  readonly unitPriceMicros: bigint;
  readonly resources: JobResources;
  readonly outcome: FinalStatus;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}): bigint {
  if (job.outcome === 'NODE_FAILED' || job.startedAt === null || job.endedAt === null) return 0n;
  const seconds = Math.ceil((job.endedAt.getTime() - job.startedAt.getTime()) / 1_000);
  const charged = Math.min(Math.max(seconds, 0), job.resources.wallTimeSeconds);
  return computeCostMicros(job.unitPriceMicros, coresOf(job.resources), BigInt(charged));
}
