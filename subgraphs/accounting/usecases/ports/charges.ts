import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { ChargeDimension, ChargeTotal } from '../../domain/charge.js';

/**
 * Which charges a viewer sees: everything, or what these principals used (a person) or paid, what these groups earned, and
 * what went through one group's accounts.
 */
export type ChargeSight =
  | { readonly kind: 'ALL' }
  | {
      readonly kind: 'SOME';
      readonly userId: string;
      /** The groups whose ADMIN the viewer is. */
      readonly administered: readonly string[];
      /** The group whose sums its members see, where nobody is singled out; else null. */
      readonly totalsOf: string | null;
    };

/** Which charges are asked for. */
export interface ChargeFilter {
  readonly userId?: string | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly providerId?: string | null | undefined;
  readonly grantId?: string | null | undefined;
  readonly offerId?: string | null | undefined;
  readonly clusterId?: string | null | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** What is summed, by what, for whom. */
export interface ChargeSums {
  readonly sight: ChargeSight;
  readonly filter: ChargeFilter;
  readonly by: readonly ChargeDimension[];
}

/** The charges, as the ledger has them. */
export interface Charges {
  /**
   * A page of totals by their dimensions and unit, and one more, from one statement.
   * @throws Fault LIMIT_EXCEEDED where it reads longer than a report may
   */
  totalsBy(sums: ChargeSums, page: PageRequest): Promise<readonly ChargeTotal[]>;
}
