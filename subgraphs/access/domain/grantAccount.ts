import { earnedMicros, type Grant } from './grant.js';
import type { OfferKind } from './offer.js';
import { costMicros } from './quote.js';

const DAY_SECONDS = 86_400n;
const SECOND_MS = 1_000;

/** What an escrow holds, in millionths. */
export interface EscrowBalance {
  readonly postedMicros: bigint;
  readonly heldMicros: bigint;
}

/** Where a grant's money stands, in millionths: granted = consumed + held + remaining + refunded, at any time. */
export interface GrantAccount {
  readonly grantedMicros: bigint;
  readonly consumedMicros: bigint;
  /** Reserved by running jobs. */
  readonly heldMicros: bigint;
  readonly remainingMicros: bigint;
  /** What went back when it ended. */
  readonly refundedMicros: bigint;
  /** What a day takes: of a drive by its price, of compute by what its jobs took so far. 0 outside the window. */
  readonly burnPerDayMicros: bigint;
  /** When nothing is left at that rate; null where the window ends before, or nothing is being used. */
  readonly runsOutAt: Date | null;
}

/**
 * Reckons it at an instant.
 * @param escrow what the escrow holds; not needed for a drive, which is earned by time alone, nor after the end
 */
export function grantAccount(grant: Grant, kind: OfferKind, escrow: EscrowBalance, now: Date): GrantAccount {
  const granted = grant.paidMicros;
  if (grant.state === 'ENDED') {
    const refunded = grant.refundedMicros;
    const rest = { heldMicros: 0n, remainingMicros: 0n, burnPerDayMicros: 0n, runsOutAt: null };
    return { grantedMicros: granted, consumedMicros: granted - refunded, refundedMicros: refunded, ...rest };
  }
  const consumed = kind === 'STORAGE' ? earnedMicros(grant, kind, grant.endedAt ?? now) : granted - escrow.postedMicros;
  const held = kind === 'STORAGE' ? 0n : escrow.heldMicros;
  const burn = burnPerDay(grant, kind, consumed, now);
  return {
    grantedMicros: granted,
    consumedMicros: consumed,
    heldMicros: held,
    remainingMicros: granted - consumed - held,
    refundedMicros: 0n,
    burnPerDayMicros: burn,
    runsOutAt: kind === 'STORAGE' ? null : runsOut(grant, granted - consumed, burn, now),
  };
}

function burnPerDay(grant: Grant, kind: OfferKind, consumed: bigint, now: Date): bigint {
  if (grant.state !== 'OPEN' || now < grant.startsAt || now >= grant.endsAt) return 0n;
  if (kind === 'STORAGE') return costMicros(kind, grant.priceMicros, grant.quantityMicros, DAY_SECONDS);
  const elapsed = BigInt(Math.floor((now.getTime() - grant.startsAt.getTime()) / SECOND_MS));
  return elapsed === 0n ? 0n : (consumed * DAY_SECONDS) / elapsed;
}

function runsOut(grant: Grant, left: bigint, burn: bigint, now: Date): Date | null {
  if (burn === 0n) return null;
  const seconds = (left * DAY_SECONDS) / burn;
  // Beyond every window it is later than any date can say.
  const atMs = now.getTime() + Number(seconds) * SECOND_MS;
  return atMs < grant.endsAt.getTime() ? new Date(atMs) : null;
}
