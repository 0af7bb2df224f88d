import type { Refusal } from '../../../platform/kernel/refusal.js';

/** Where a request is in its life; those that wait for a decision come with reviews. */
export type AccessRequestStatus = 'SUBMITTED' | 'PROVISIONING' | 'UNDOING' | 'ACTIVE' | 'FAILED';

/** A wish for access and what became of it. */
export interface AccessRequest {
  readonly id: string;
  readonly status: AccessRequestStatus;
  readonly requesterId: string;
  readonly quoteId: string;
  /** The account that pays. */
  readonly accountId: string;
  /** The grant's id, which is given out before the grant exists. */
  readonly grantId: string;
  readonly holdId: string | null;
  readonly invoiceId: string | null;
  /** Why it FAILED; else null. */
  readonly failure: Refusal | null;
}

/** One step of a request. */
export interface AccessRequestEvent {
  readonly id: bigint;
  readonly at: Date;
  readonly step: string;
  /** A person's id or a service's name. */
  readonly actor: string;
  /** OK, or a refusal's code. */
  readonly result: string;
}

/** Whether nothing more will become of a request. */
export const hasEnded = ({ status }: Pick<AccessRequest, 'status'>): boolean =>
  status === 'ACTIVE' || status === 'FAILED';

/** All statuses of the graph: those that wait for a decision come with reviews, and no request has one yet. */
export type AnyRequestStatus = AccessRequestStatus | 'HELD' | 'IN_REVIEW' | 'DENIED' | 'WITHDRAWN' | 'EXPIRED';
