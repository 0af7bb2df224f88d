import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { ClusterBalance } from '../../domain/clusterBalance.js';

/** Whose balances a viewer sees: everybody's, or the own and those in the groups whose ADMIN the viewer is. */
export type BalanceSight = { readonly userId: string; readonly administered: readonly string[] } | null;

/** What grants leave of clusters, as the ledger and the feed tell it. */
export interface ClusterBalances {
  /** By person and group, one more than the page has, of one moment. @param sight null: all */
  page(
    of: { readonly clusterId: string; readonly unit: string },
    sight: BalanceSight,
    page: PageRequest,
  ): Promise<readonly ClusterBalance[]>;
}
