import type { Money } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { ApprovalPolicy } from './offer.js';
import type { AccessRequestStatus } from './requestStates.js';
import type { GroupRole } from './roles.js';

/** A wish for access and what became of it. */
export interface AccessRequest {
  readonly id: string;
  readonly status: AccessRequestStatus;
  readonly requesterId: string;
  readonly quoteId: string;
  /** The account that pays. */
  readonly accountId: string;
  readonly name: string;
  readonly justification: string | null;
  /** The group it is for; null: for the requester. */
  readonly groupId: string | null;
  /** The requester's role in that group when it was asked for. */
  readonly requesterRole: GroupRole | null;
  /** The group that owns the paying account, once the price is reserved. */
  readonly payerGroupId: string | null;
  /** The offer's provider. */
  readonly providerId: string;
  /** Who decides, by the terms that were quoted. */
  readonly approval: ApprovalPolicy;
  /** What it must cost more than to need two people; null: one is enough. */
  readonly twoPeopleAboveMicros: bigint | null;
  /** What is wanted: as quoted, or less after a revision or an approval in part. */
  readonly quantityMicros: bigint;
  readonly total: Money;
  /** Until when somebody may decide; null for an automatic one. */
  readonly reviewDeadline: Date | null;
  readonly revision: number;
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

/** What one person decided on one revision of a request. */
export interface AccessReview {
  readonly reviewerId: string;
  readonly revision: number;
  readonly verdict: 'APPROVED' | 'DENIED';
  /** How much was approved; null for a denial. */
  readonly quantityMicros: bigint | null;
  readonly reason: string | null;
  readonly at: Date;
}

const WAITING_OR_FINAL: readonly AccessRequestStatus[] = [
  'IN_REVIEW',
  'ACTIVE',
  'DENIED',
  'WITHDRAWN',
  'FAILED',
  'EXPIRED',
];

/** Whether nothing more will become of a request by itself: it has ended, or people must decide. */
export const isAtRest = ({ status }: Pick<AccessRequest, 'status'>): boolean => WAITING_OR_FINAL.includes(status);
