import { isId } from '../../../platform/kernel/ids.js';
import type { Money } from '../../../platform/kernel/money.js';
import type { RefusalCode } from '../../../platform/kernel/refusals/registry.js';
import { usageLimits } from './limits.js';
import { isExactName } from './rates.js';

/** What became of a record (schema/accounting/usage.graphql says it in words). */
export type UsageStatus = 'RECORDED' | 'REPLAYED' | 'CONFLICT' | 'REJECTED';

/** What was used, as the counts of a record or a sum of them. */
export interface UsageCounts {
  readonly cpuSeconds: bigint;
  readonly gpuSeconds: bigint;
  readonly memoryByteSeconds: bigint;
  readonly storageByteSeconds: bigint;
}

/** A record as a controller sends it. Times are milliseconds since the epoch. */
export interface UsageEntry extends UsageCounts {
  readonly externalId: string;
  readonly segment: number;
  readonly revision: number;
  readonly user: string | null;
  readonly group: string | null;
  readonly account: string | null;
  readonly resource: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly metadata: readonly UsageMetadata[];
}

/** Something that a controller says of a record. */
export interface UsageMetadata {
  readonly name: string;
  readonly value: string;
}

/** A record as it stands. */
export interface UsageRecord extends UsageCounts {
  readonly clusterId: string;
  readonly externalId: string;
  readonly segment: number;
  readonly revision: number;
  readonly userId: string | null;
  readonly groupId: string | null;
  readonly payerId: string;
  readonly resource: string;
  readonly start: Date;
  readonly end: Date;
  readonly metadata: readonly UsageMetadata[];
  readonly price: Money;
  readonly charged: Money;
  readonly waived: Money;
  readonly owed: Money;
  readonly transferId: string | null;
  readonly recordedAt: Date;
}

/** Sums of records. */
export interface UsageTotals extends UsageCounts {
  readonly records: bigint;
  readonly amounts: readonly UsageAmounts[];
}

/** Sums of money in one unit. */
export interface UsageAmounts {
  readonly price: Money;
  readonly charged: Money;
  readonly waived: Money;
  readonly owed: Money;
}

/** What usage is summed by. */
export type UsageDimension = 'USER' | 'GROUP' | 'ACCOUNT' | 'CLUSTER' | 'RESOURCE' | 'DAY' | 'MONTH';

/** Sums of the records that are alike in all that is summed by; null stands for what is not, and for what was not said. */
export interface UsageTotal extends UsageCounts {
  readonly userId: string | null;
  readonly groupId: string | null;
  readonly accountId: string | null;
  readonly clusterId: string | null;
  readonly resource: string | null;
  readonly periodStart: Date | null;
  readonly records: bigint;
  readonly amounts: UsageAmounts;
  /** The values that tell it from all others, as text: its place in the list. */
  readonly position: readonly string[];
}

/** What one call did with a record; amounts are millionths. */
export interface UsageOutcome {
  readonly status: UsageStatus;
  readonly code: RefusalCode | null;
  readonly charged: bigint;
  readonly owed: bigint;
}

/** Why a record is not looked up: a code, or that it names a job that Tollgate settled itself. */
export type UsageJudgement = RefusalCode | 'OWN_JOB' | null;

const ID_FORMS = {
  user: /^usr_[0-7][0-9a-z]{25}$/,
  group: /^grp_[0-7][0-9a-z]{25}$/,
  account: /^acc_[0-7][0-9a-z]{25}$/,
};

/**
 * Judges a record by itself.
 * @returns null for one that may be recorded; INVALID_INPUT, USAGE_PAYER_UNKNOWN, USAGE_NEGATIVE, USAGE_TOO_LARGE,
 * USAGE_PERIOD_INVALID, USAGE_IN_FUTURE; OWN_JOB
 */
export function judgeUsage(entry: UsageEntry, nowMs: number): UsageJudgement {
  if (!isExactName(entry.externalId) || !isExactName(entry.resource)) return 'INVALID_INPUT';
  if (entry.externalId.startsWith('job_') && isId('job', entry.externalId)) return 'OWN_JOB';
  if (!areEntries(entry.metadata)) return 'INVALID_INPUT';
  if (!namesPayer(entry)) return 'USAGE_PAYER_UNKNOWN';
  const { cpuSeconds, gpuSeconds, memoryByteSeconds, storageByteSeconds, segment, revision, startMs, endMs } = entry;
  if (cpuSeconds < 0n || gpuSeconds < 0n || memoryByteSeconds < 0n || storageByteSeconds < 0n) return 'USAGE_NEGATIVE';
  if (segment < 0 || revision < 0) return 'USAGE_NEGATIVE';
  const { secondsMax, byteSecondsMax, ordinalMax, periodMsMax } = usageLimits;
  if (cpuSeconds > secondsMax || gpuSeconds > secondsMax) return 'USAGE_TOO_LARGE';
  if (memoryByteSeconds > byteSecondsMax || storageByteSeconds > byteSecondsMax) return 'USAGE_TOO_LARGE';
  if (segment > ordinalMax || revision > ordinalMax) return 'USAGE_TOO_LARGE';
  if (endMs < startMs || endMs - startMs > periodMsMax) return 'USAGE_PERIOD_INVALID';
  return endMs > nowMs ? 'USAGE_IN_FUTURE' : null;
}

function namesPayer({ user, group, account }: UsageEntry): boolean {
  if (user === null && group === null && account === null) return false;
  return (
    (user === null || ID_FORMS.user.test(user)) &&
    (group === null || ID_FORMS.group.test(group)) &&
    (account === null || ID_FORMS.account.test(account))
  );
}

function areEntries(metadata: readonly UsageMetadata[]): boolean {
  if (metadata.length === 0) return true;
  const { metadataEntriesMax, metadataNameCharactersMax, metadataValueCharactersMax } = usageLimits;
  if (metadata.length > metadataEntriesMax || new Set(metadata.map(({ name }) => name)).size < metadata.length) {
    return false;
  }
  return metadata.every(
    ({ name, value }) =>
      isExactName(name) &&
      name.length <= metadataNameCharactersMax &&
      value.length <= metadataValueCharactersMax &&
      !/[\p{Cc}\p{Cs}]/u.test(value),
  );
}

/** Writes what a controller says of a record as it is kept: JSON with its names sorted, null for nothing. */
export const metadataText = (metadata: readonly UsageMetadata[]): string | null =>
  metadata.length === 0
    ? null
    : JSON.stringify(
        Object.fromEntries([...metadata].sort((a, b) => (a.name < b.name ? -1 : 1)).map((m) => [m.name, m.value])),
      );

/** Reads what metadataText wrote. */
export const metadataOf = (text: string | null): readonly UsageMetadata[] =>
  text === null
    ? []
    : Object.entries(JSON.parse(text) as Record<string, string>).map(([name, value]) => ({ name, value }));
