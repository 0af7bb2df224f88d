import { accessLimits } from './limits.js';
import type { OfferKind } from './offer.js';
import { costMicros } from './quote.js';
import { secondsUsed, type Window } from './window.js';

/** What is kept of a grant's life; the rest is told by its window. */
export type GrantState = 'OPEN' | 'ENDING' | 'ENDED';
/** Where a grant is in its life, as it is shown. */
type GrantStatus = 'SCHEDULED' | 'ACTIVE' | 'ENDING' | 'ENDED';

/** What of a grant was paid for at once: the whole at first, and what each extension added. */
export interface GrantPart extends Window {
  readonly quantityMicros: bigint;
  /** The price of one unit of quantity, locked when it was paid. */
  readonly priceMicros: bigint;
  readonly paidMicros: bigint;
  /** When it could be used: before its window, or in it where an approval or a peer came late. */
  readonly activatedAt: Date;
}

/** Access that was paid for, in a window. */
export interface Grant extends Window {
  readonly id: string;
  readonly requestId: string;
  /** Who may use it: a person, or a group with its members. */
  readonly holderId: string;
  readonly offerId: string;
  /** What it gives now; quantity, sum and end include what extensions added. */
  readonly quantityMicros: bigint;
  readonly unit: string;
  readonly paidMicros: bigint;
  /** In the order they were paid; at least one. */
  readonly parts: readonly GrantPart[];
  /** Whether an extension is under way. */
  readonly isExtending: boolean;
  readonly escrowAccountId: string;
  readonly state: GrantState;
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
 * Since when a part can be used: its window's start, or its activation where an approval or a peer let that wait beyond
 * the tolerance within which a start is now. Never after the window's end.
 */
export function usableFrom({ startsAt, endsAt, activatedAt }: GrantPart): Date {
  const isLate = activatedAt.getTime() - startsAt.getTime() > accessLimits.startToleranceMs;
  if (!isLate) return startsAt;
  return activatedAt < endsAt ? activatedAt : endsAt;
}

/**
 * What the provider has earned by time, in millionths: for each part the cost of the whole seconds from usableFrom until
 * `at`, never more than was paid for it. Compute is earned by the jobs that capture from the escrow, so that nothing is
 * earned here.
 */
export const earnedMicros = ({ parts }: Pick<Grant, 'parts'>, kind: OfferKind, at: Date): bigint =>
  kind === 'COMPUTE' ? 0n : parts.reduce((sum, part) => sum + earnedOfPart(part, at), 0n);

function earnedOfPart(part: GrantPart, at: Date): bigint {
  const { priceMicros, quantityMicros, endsAt, paidMicros } = part;
  const seconds = secondsUsed({ startsAt: usableFrom(part), endsAt }, at);
  const cost = costMicros('STORAGE', priceMicros, quantityMicros, seconds);
  return cost > paidMicros ? paidMicros : cost;
}
