import type { Clock } from '../../../platform/kernel/clock.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { judgeUsage, metadataText, type UsageEntry, type UsageOutcome } from '../domain/usage.js';
import type { BlockItem, BlockOutcome, UsageRecords } from './ports/usage.js';
import type { Call } from './ports.js';

/** What a block is recorded with. */
export interface BlockDeps {
  readonly usage: UsageRecords;
  readonly clock: Clock;
}

/** By what a record is recognised within its cluster. */
export const nameOf = ({ externalId, segment }: UsageEntry): string => `${segment} ${externalId}`;

/**
 * Judges records by themselves, records the others and gives one outcome for each. A record that stands twice is looked at
 * once: the second is REPLAYED where it says the same, else CONFLICT.
 * @param entries the records, or null for what could not be read
 * Refusals: IDEMPOTENCY_KEY_REUSED.
 */
export async function recordBlock(
  call: Call,
  clusterId: string,
  entries: readonly (UsageEntry | null)[],
  { usage, clock }: BlockDeps,
): Promise<Result<BlockOutcome, Refusal>> {
  const nowMs = clock.now().getTime();
  const firsts = new Map<string, number>();
  const twins = new Map<number, number>();
  const items = entries.map((entry, at): BlockItem => {
    if (entry === null) return { judgement: 'INVALID_INPUT' };
    const judgement = judgeUsage(entry, nowMs);
    if (judgement !== null) return { judgement };
    const name = nameOf(entry);
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, at);
      return { entry, judgement: null };
    }
    const other = entries[first];
    if (other == null || contentOf(other) !== contentOf(entry)) return { judgement: 'USAGE_CONFLICT' };
    twins.set(at, first);
    return { judgement: 'TWIN' };
  });
  const recorded = await usage.record(call, clusterId, ok(items));
  if (!recorded.ok || twins.size === 0) return recorded;
  const { unit, outcomes } = recorded.value;
  return ok({ unit, outcomes: outcomes.map((outcome, at) => twinOf(outcomes[twins.get(at) ?? -1], outcome)) });
}

/** The second of two that say the same: what became of the first, but nothing was charged for it again. */
const twinOf = (first: UsageOutcome | undefined, outcome: UsageOutcome): UsageOutcome =>
  first === undefined || first.status === 'RECORDED' ? outcome : { ...first, charged: 0n, owed: 0n };

const contentOf = ({ metadata, ...rest }: UsageEntry): string =>
  JSON.stringify({ ...rest, metadata: metadataText(metadata) }, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
