import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { Money } from '../../../../platform/kernel/money.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { Result } from '../../../../platform/kernel/result.js';
import type { RateCard, ResourcePrices } from '../../domain/rates.js';
import type {
  UsageCounts,
  UsageDimension,
  UsageEntry,
  UsageJudgement,
  UsageOutcome,
  UsageRecord,
  UsageTotal,
  UsageTotals,
} from '../../domain/usage.js';
import type { Call, Found, OutcomeIds } from '../ports.js';

/** A rate card to publish. */
export interface NewRateCard {
  readonly id: string;
  readonly clusterId: string;
  readonly payeeId: string;
  /** null: from now on. */
  readonly validFrom: Date | null;
  readonly prices: ReadonlyMap<string, ResourcePrices>;
}

/** The prices of clusters. */
export interface RateCards {
  publish(call: Call, card: Result<NewRateCard, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  byIds(ids: readonly string[]): Found<RateCard>;
  /** The id of the card of a cluster that is in force at an instant (null: now), or null. */
  inForce(clusterId: string, at: Date | null): Promise<string | null>;
}

/** A record of a block: what was sent, or why it is not looked up. */
export type BlockItem =
  | { readonly entry: UsageEntry; readonly judgement: null }
  | { readonly judgement: NonNullable<UsageJudgement> | 'TWIN' };

/** What became of a block. */
export interface BlockOutcome {
  /** The unit of the cluster's rates; null where it has none. */
  readonly unit: string | null;
  /** One for each item, in their order. */
  readonly outcomes: readonly UsageOutcome[];
}

/** Which records a viewer sees: everything, those of clusters, or what these people and groups used or paid. */
export type UsageSight =
  | { readonly kind: 'ALL' }
  | { readonly kind: 'CLUSTERS'; readonly clusterIds: readonly string[] }
  | { readonly kind: 'PRINCIPALS'; readonly ids: readonly string[] };

/** Which of them are asked for. */
export interface UsageFilter {
  readonly userId?: string | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly clusterId?: string | null | undefined;
  readonly resource?: string | null | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** A cluster's use that began in [from, to). */
export interface ClusterPeriod {
  readonly clusterId: string;
  readonly from: Date;
  readonly to: Date;
}

/** A record that a controller has. */
export interface UsageSum extends UsageCounts {
  readonly externalId: string;
  readonly segment: number;
}

/** A record by name, and as it stands. */
export interface UsageReference {
  readonly externalId: string;
  readonly segment: number;
  readonly record: UsageRecord | null;
}

/** What differs between a controller and the ledger. */
export interface Reconciliation {
  readonly missing: readonly UsageReference[];
  readonly extra: readonly UsageReference[];
  readonly different: readonly UsageReference[];
  readonly hasMoreExtra: boolean;
}

/** Sums of one UTC day. */
export interface UsageDay extends UsageCounts {
  readonly day: Date;
  readonly records: bigint;
  readonly digest: string;
}

/** What was paid of owed use, and what was still owed then. */
export interface UsagePayment {
  readonly accountId: string;
  readonly paid: Money;
  readonly owed: Money;
}

/** Usage records. */
export interface UsageRecords {
  /**
   * Records, prices and charges one block in one transaction.
   * @param call with the key '' where only the records themselves are remembered
   * @param items no two with the same externalId and segment; or the refusal of the call as a whole, to be remembered
   */
  record(
    call: Call,
    clusterId: string,
    items: Result<readonly BlockItem[], Refusal>,
  ): Promise<Result<BlockOutcome, Refusal>>;
  /** A page, that which began last first, and one more. */
  page(sight: UsageSight, filter: UsageFilter, page: PageRequest): Promise<readonly UsageRecord[]>;
  /** @throws Fault LIMIT_EXCEEDED where it reads longer than a report may; the two below too */
  totals(sight: UsageSight, filter: UsageFilter): Promise<UsageTotals>;
  /** A page of sums by dimensions, in the order of their values, and one more. */
  totalsBy(
    sight: UsageSight,
    filter: UsageFilter,
    by: readonly UsageDimension[],
    page: PageRequest,
  ): Promise<readonly UsageTotal[]>;
  reconcile(period: ClusterPeriod, sums: readonly UsageSum[]): Promise<Reconciliation>;
  days(period: ClusterPeriod): Promise<readonly UsageDay[]>;
  /** Pays what one account owes, as far as its money goes, in one transaction. */
  pay(call: Call, accountId: string): Promise<Result<UsagePayment, Refusal>>;
  /** Collects what is owed where it can be paid; gives on how many accounts. */
  collect(): Promise<number>;
}
