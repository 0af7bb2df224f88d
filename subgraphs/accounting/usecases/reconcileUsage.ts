import type { Viewer } from '../../../platform/auth/viewer.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import { limits } from '../../../platform/kernel/limits.js';
import { usageLimits } from '../domain/limits.js';
import { isExactName } from '../domain/rates.js';
import type { ClusterPeriod, Reconciliation, UsageRecords, UsageSum } from './ports/usage.js';
import { requireClusterReader } from './usageRights.js';

/** Input of `reconcileUsage`. */
interface ReconcileUsageInput extends ClusterPeriod {
  readonly records: readonly (Pick<UsageSum, 'externalId'> & {
    readonly [Name in Exclude<keyof UsageSum, 'externalId'>]?: UsageSum[Name] | null | undefined;
  })[];
}

interface Deps {
  readonly usage: UsageRecords;
}

/**
 * Compares what a controller has of a period with what is recorded.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND; BAD_USER_INPUT for too many records, a name twice, a count out of range
 */
export const makeReconcileUsage =
  ({ usage }: Deps) =>
  async (viewer: Viewer, input: ReconcileUsageInput): Promise<Reconciliation> => {
    requireClusterReader(viewer, input.clusterId);
    if (input.records.length > limits.batchItemsMax) {
      throw badUserInput(`records has at most ${limits.batchItemsMax} entries; compare the period in parts.`);
    }
    const sums = input.records.map(
      (record): UsageSum => ({
        externalId: record.externalId,
        segment: record.segment ?? 0,
        cpuSeconds: record.cpuSeconds ?? 0n,
        gpuSeconds: record.gpuSeconds ?? 0n,
        memoryByteSeconds: record.memoryByteSeconds ?? 0n,
        storageByteSeconds: record.storageByteSeconds ?? 0n,
      }),
    );
    if (!sums.every(isComparable)) throw badUserInput('records has a name or a count that no record has.');
    const names = new Set(sums.map(({ externalId, segment }) => `${segment} ${externalId}`));
    if (names.size < sums.length) throw badUserInput('records has a name twice.');
    return usage.reconcile(input, sums);
  };

function isComparable({
  externalId,
  segment,
  cpuSeconds,
  gpuSeconds,
  memoryByteSeconds,
  storageByteSeconds,
}: UsageSum) {
  const { secondsMax, byteSecondsMax } = usageLimits;
  const within = (count: bigint, max: bigint): boolean => count >= 0n && count <= max;
  return (
    isExactName(externalId) &&
    segment >= 0 &&
    within(cpuSeconds, secondsMax) &&
    within(gpuSeconds, secondsMax) &&
    within(memoryByteSeconds, byteSecondsMax) &&
    within(storageByteSeconds, byteSecondsMax)
  );
}
