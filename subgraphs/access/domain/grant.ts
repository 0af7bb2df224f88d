import { accessLimits } from './limits.js';
import type { OfferKind } from './offer.js';
import { costMicros } from './quote.js';
import { secondsUsed, type Window } from './window.js';

/** What is kept of a grant's life; the rest is told by its window. */
export type GrantState = 'OPEN' | 'ENDING' | 'ENDED';
/** Where a grant is in its life, as it is shown. */
type GrantStatus = 'SCHEDULED' | 'ACTIVE' | 'ENDING' | 'ENDED';

/** Access that was paid for, in a window. */
export interface Grant extends Window {
  readonly id: string;
  readonly requestId: string;
  /** Who may use it: a person, or a group with its members. */
  readonly holderId: string;
  readonly offerId: string;
  readonly quantityMicros: bigint;
  /** The price locked by the quote. */
  readonly priceMicros: bigint;
  readonly unit: string;
  readonly paidMicros: bigint;
  readonly escrowAccountId: string;
  readonly state: GrantState;
  /** When its resource was ready: before its window, or in it where the approval came late. */
  readonly activatedAt: Date;
  /** When its end was asked for, or its window was over; null while it is open. */
  readonly endedAt: Date | null;
  readonly refundTransferId: string | null;
  /** What that transfer returned. */
  readonly refundedMicros: bigint;
  /** Who ended it: a person's id, or service:access where its window was over; null while it is open. */
  readonly endedBy: string | null;
  /** Why it was revoked; null else. */
  readonly endReason: string | null;
}

/** A grant's status at an instant. One whose window is over is ENDING until it is closed and settled. */
export function grantStatus(grant: Pick<Grant, 'state' | 'startsAt' | 'endsAt'>, now: Date): GrantStatus {
  if (grant.state !== 'OPEN') return grant.state;
  if (now < grant.startsAt) return 'SCHEDULED';
  return now < grant.endsAt ? 'ACTIVE' : 'ENDING';
}

/**
 * Since when a grant can be used: its window's start, or its activation where an approval or a peer let that wait beyond
 * the tolerance within which a start is now. Never after the window's end.
 */
function usableFrom({ startsAt, endsAt, activatedAt }: Pick<Grant, 'startsAt' | 'endsAt' | 'activatedAt'>): Date {
  const isLate = activatedAt.getTime() - startsAt.getTime() > accessLimits.startToleranceMs;
  if (!isLate) return startsAt;
  return activatedAt < endsAt ? activatedAt : endsAt;
}

/**
 * What the provider has earned by time, in millionths: the cost of the whole seconds from usableFrom until `at`, never
 * more than was paid. Compute is earned by the jobs that capture from the escrow, so that nothing is earned here.
 */
export function earnedMicros(
  grant: Pick<Grant, 'startsAt' | 'endsAt' | 'activatedAt' | 'priceMicros' | 'quantityMicros' | 'paidMicros'>,
  kind: OfferKind,
  at: Date,
): bigint {
  if (kind === 'COMPUTE') return 0n;
  const cost = costMicros(
    kind,
    grant.priceMicros,
    grant.quantityMicros,
    secondsUsed({ startsAt: usableFrom(grant), endsAt: grant.endsAt }, at),
  );
  if (cost > grant.paidMicros) return grant.paidMicros;
  return cost;
}
