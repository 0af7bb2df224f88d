import { earnedMicros, type Grant, usableFrom } from './grant.js';
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
  const consumed = kind === 'STORAGE' ? earnedMicros(grant, kind, grant.endedAt ?? now) : spent(granted, escrow);
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

/** What an extension has paid in stands in the escrow a moment before it is counted as granted. */
const spent = (granted: bigint, { postedMicros }: EscrowBalance): bigint =>
  postedMicros > granted ? 0n : granted - postedMicros;

function burnPerDay(grant: Grant, kind: OfferKind, consumed: bigint, now: Date): bigint {
  if (grant.state !== 'OPEN' || now < grant.startsAt || now >= grant.endsAt) return 0n;
  if (kind === 'STORAGE') {
    return grant.parts
      .filter((part) => usableFrom(part) <= now && now < part.endsAt)
      .reduce((sum, part) => sum + costMicros(kind, part.priceMicros, part.quantityMicros, DAY_SECONDS), 0n);
  }
  // Since it can be used: the wait for a late approval was no use.
  const [first] = grant.parts;
  const since = first === undefined ? grant.startsAt : usableFrom(first);
  const elapsed = BigInt(Math.max(Math.floor((now.getTime() - since.getTime()) / SECOND_MS), 0));
  return elapsed === 0n ? 0n : (consumed * DAY_SECONDS) / elapsed;
}

function runsOut(grant: Grant, left: bigint, burn: bigint, now: Date): Date | null {
  if (burn === 0n) return null;
  const seconds = (left * DAY_SECONDS) / burn;
  // Beyond every window it is later than any date can say.
  const atMs = now.getTime() + Number(seconds) * SECOND_MS;
  return atMs < grant.endsAt.getTime() ? new Date(atMs) : null;
}

/**
 * Whether a compute grant is used up: its escrow holds nothing any more. What running jobs have reserved stands in the
 * escrow until it is captured, so that none runs then.
 */
export const isRunOut = ({ postedMicros, heldMicros }: EscrowBalance): boolean =>
  postedMicros === 0n && heldMicros === 0n;
