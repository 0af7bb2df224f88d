import { limits } from '../../../platform/kernel/limits.js';
import type { Money } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { UsageEntry, UsageMetadata, UsageOutcome, UsageStatus } from '../domain/usage.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { type BlockDeps, recordBlock } from './recordBlock.js';
import { requireMeter } from './usageRights.js';

/** One record of the input. */
interface RecordInput {
  readonly externalId: string;
  readonly segment?: number | null | undefined;
  readonly revision?: number | null | undefined;
  readonly user?: string | null | undefined;
  readonly group?: string | null | undefined;
  readonly account?: string | null | undefined;
  readonly resource: string;
  readonly start: Date;
  readonly end: Date;
  readonly cpuSeconds?: bigint | null | undefined;
  readonly gpuSeconds?: bigint | null | undefined;
  readonly memoryByteSeconds?: bigint | null | undefined;
  readonly storageByteSeconds?: bigint | null | undefined;
  readonly metadata?: readonly UsageMetadata[] | null | undefined;
}

/** Input of `recordUsage`. */
interface RecordUsageInput extends KeyedInput {
  readonly clusterId: string;
  readonly records: readonly RecordInput[];
}

/** What became of one record. */
export interface UsageResult {
  readonly externalId: string;
  readonly segment: number;
  readonly status: UsageStatus;
  readonly charged: Money | null;
  readonly owed: Money | null;
  readonly refusal: Refusal | null;
}

/** What became of a call. */
export interface RecordedUsage {
  readonly results: readonly UsageResult[];
  readonly charged: Money | null;
}

/**
 * Records and charges usage of the caller's cluster, each record exactly once for ever by cluster, externalId and segment.
 * A record that cannot be recorded leaves its neighbours alone. What the payer lacks is owed and collected later: use has
 * happened, so it is not refused for money.
 * Refusals: INVALID_INPUT for no record, BATCH_TOO_LARGE for more than 1,000, IDEMPOTENCY_KEY_REUSED; in results INVALID_INPUT
 * USAGE_PAYER_UNKNOWN USAGE_ACCOUNT_MISMATCH ACCOUNT_CLOSED USAGE_NEGATIVE USAGE_TOO_LARGE USAGE_PERIOD_INVALID
 * USAGE_IN_FUTURE RATES_MISSING USAGE_RESOURCE_UNKNOWN AMOUNT_TOO_LARGE (REJECTED), USAGE_CONFLICT USAGE_PAYER_CHANGED
 * (CONFLICT). Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for another's cluster.
 */
export const makeRecordUsage =
  (deps: BlockDeps) =>
  async (caller: Caller, input: RecordUsageInput): Promise<Result<RecordedUsage, Refusal>> => {
    requireMeter(caller.viewer, input.clusterId);
    const entries = input.records.map(toEntry);
    const withDefaults = { ...input, records: entries };
    const call = callOf(caller, 'recordUsage', withDefaults);
    if (!call.ok) return call;
    if (entries.length < 1 || entries.length > limits.batchItemsMax) {
      const refusal =
        entries.length < 1
          ? invalidInput(['records'], 'records must not be empty.')
          : refused('BATCH_TOO_LARGE', refusalRegistry.BATCH_TOO_LARGE);
      const remembered = await deps.usage.record(call.value, input.clusterId, err(refusal));
      return remembered.ok ? err(refusal) : remembered;
    }
    const recorded = await recordBlock(call.value, input.clusterId, entries, deps);
    if (!recorded.ok) return recorded;
    const { unit, outcomes } = recorded.value;
    const money = (micros: bigint): Money | null => (unit === null ? null : { micros, unit });
    return ok({
      results: entries.map((entry, at) => toResult(entry, outcomes[at], money)),
      charged: money(outcomes.reduce((sum, { charged }) => sum + charged, 0n)),
    });
  };

/** The record with its defaults. */
const toEntry = (record: RecordInput): UsageEntry => ({
  externalId: record.externalId,
  segment: record.segment ?? 0,
  revision: record.revision ?? 0,
  user: record.user ?? null,
  group: record.group ?? null,
  account: record.account ?? null,
  resource: record.resource,
  startMs: record.start.getTime(),
  endMs: record.end.getTime(),
  cpuSeconds: record.cpuSeconds ?? 0n,
  gpuSeconds: record.gpuSeconds ?? 0n,
  memoryByteSeconds: record.memoryByteSeconds ?? 0n,
  storageByteSeconds: record.storageByteSeconds ?? 0n,
  metadata: record.metadata ?? [],
});

function toResult(
  { externalId, segment }: UsageEntry,
  outcome: UsageOutcome | undefined,
  money: (micros: bigint) => Money | null,
): UsageResult {
  if (outcome === undefined) throw new Error('a block was answered in part');
  const { status, code, charged, owed } = outcome;
  return {
    externalId,
    segment,
    status,
    charged: money(charged),
    owed: money(owed),
    refusal: code === null ? null : refused(code, refusalRegistry[code]),
  };
}
