import { computeCostMicros } from '../../../platform/kernel/pricing.js';
import type { FinalStatus } from './jobStatus.js';
import { type AllocationBasis, type JobResources, paidAmountOf } from './resources.js';

/** What a job's price is reckoned from. */
interface PricedJob {
  /** The price of an hour of what the basis says, locked when the job was submitted. */
  readonly unitPriceMicros: bigint;
  readonly basis: AllocationBasis;
  readonly resources: JobResources;
}

/** The most a job can cost: all that it asked for, for all its wall time. The hold is of this amount. */
export const highestCostMicros = ({ unitPriceMicros, basis, resources }: PricedJob): bigint =>
  computeCostMicros(unitPriceMicros, paidAmountOf(resources, basis), BigInt(resources.wallTimeSeconds));

/**
 * What a job that ended costs, in millionths: what it asked for of what the grant pays for x wall-clock seconds (begun seconds count whole), never
 * beyond its wall time. What the machine broke is not charged; what never began costs nothing.
 */
export function actualCostMicros(
  job: PricedJob & {
    readonly outcome: FinalStatus;
    readonly startedAt: Date | null;
    readonly endedAt: Date | null;
  },
): bigint {
  if (job.outcome === 'NODE_FAILED' || job.startedAt === null || job.endedAt === null) return 0n;
  const seconds = Math.ceil((job.endedAt.getTime() - job.startedAt.getTime()) / 1_000);
  const charged = Math.min(Math.max(seconds, 0), job.resources.wallTimeSeconds);
  return computeCostMicros(job.unitPriceMicros, paidAmountOf(job.resources, job.basis), BigInt(charged));
}
