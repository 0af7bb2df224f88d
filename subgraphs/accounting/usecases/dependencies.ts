import type { Mandates } from '../../../platform/auth/mandates.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { LedgerLimits } from '../domain/limits.js';
import type { Adjustments } from './ports/adjustments.js';
import type { Budgets } from './ports/budgets.js';
import type { Charges } from './ports/charges.js';
import type { ClusterBalances } from './ports/clusterBalances.js';
import type { ReportTurns } from './ports/reportTurns.js';
import type { RateCards, UsageRecords } from './ports/usage.js';
import type { Accounts, Checkpoints, Holds, Invoices, Journal, Ledger, ProofSigner } from './ports.js';

/** All that the use cases work with. */
export interface Dependencies {
  readonly accounts: Accounts;
  readonly holds: Holds;
  readonly invoices: Invoices;
  readonly journal: Journal;
  readonly checkpoints: Checkpoints;
  readonly ledger: Ledger;
  readonly rateCards: RateCards;
  readonly usage: UsageRecords;
  readonly budgets: Budgets;
  readonly adjustments: Adjustments;
  readonly charges: Charges;
  readonly reportTurns: ReportTurns;
  readonly clusterBalances: ClusterBalances;
  readonly clock: Clock;
  readonly signer: ProofSigner;
  readonly mandates: Mandates;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
  /** The ISSUANCE account of a unit, or null for a unit that does not exist. */
  readonly issuanceOf: (unit: string) => Promise<string | null>;
  /** The address that a cluster's usage is streamed to. */
  readonly usageUploadUrl: (clusterId: string) => string;
}
