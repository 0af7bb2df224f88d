import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { InputFile } from './inputFiles.js';
import type { FinalStatus, JobStatus } from './jobStatus.js';
import type { AllocationBasis, JobResources } from './resources.js';

/**
 * How far a submit came. PREPARING: the row stands, inputs are being pinned and money reserved. HOLDING: the hold may
 * be placed, its answer is awaited. READY: the job is everybody's. UNDONE: it never was; `refusal` says why.
 */
export type SubmissionState = 'PREPARING' | 'HOLDING' | 'READY' | 'UNDONE';

/** A job with all that is known of it. */
export interface Job {
  readonly id: string;
  readonly submission: SubmissionState;
  /** Why the submit was undone; null for all others. */
  readonly refusal: Refusal | null;
  readonly allocationId: string;
  readonly grantId: string;
  readonly clusterId: string;
  /** Who holds the grant: a person or a group. */
  readonly holderId: string;
  readonly submittedById: string;
  readonly name: string;
  readonly command: readonly string[] | null;
  readonly script: string | null;
  readonly resources: JobResources;
  readonly inputs: readonly InputFile[];
  readonly isolationRequired: boolean;
  /** The price of an hour of what the basis says. */
  readonly unitPriceMicros: bigint;
  readonly basis: AllocationBasis;
  readonly unit: string;
  readonly holdId: string | null;
  /** From then on it may not begin any more. */
  readonly lastStartAt: Date;
  /** What everybody sees; a final status only once the job is settled. */
  readonly status: JobStatus;
  /** How it ended, before and after it is settled. */
  readonly outcome: FinalStatus | null;
  readonly cancelRequestedAt: Date | null;
  readonly lease: JobLeaseState | null;
  readonly fencingToken: number;
  /** The last report that was taken under this fencing token. */
  readonly reportSequence: number;
  /** How many log calls the final report announced; null where none was. */
  readonly logSequence: number | null;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** What is to be charged, fixed with the outcome, so that every attempt to settle asks for the same. */
  readonly chargeMicros: bigint | null;
  /** How often accounting has definitely refused to settle; part of the next attempt's key. */
  readonly settleAttempt: number;
  readonly settledAt: Date | null;
}

/** A controller's right to run a job. */
export interface JobLeaseState {
  readonly lease: string;
  readonly leaseSeconds: number;
  readonly expiresAt: Date;
}
