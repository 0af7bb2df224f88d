import type { Money } from '../../../platform/kernel/money.js';

/** An account's sums in one snapshot, in millionths. Holds past their time are in neither sum. */
export interface AccountSums {
  readonly unit: string;
  readonly posted: bigint;
  readonly held: bigint;
  readonly incoming: bigint;
  readonly overdraftLimit: bigint;
}

/** An account's amounts in one snapshot. */
export interface Balance {
  readonly posted: Money;
  readonly held: Money;
  readonly incoming: Money;
  readonly available: Money;
  readonly overdraftLimit: Money;
}

/** What can be spent is what was posted and what may be overdrawn, less what is reserved. */
export function toBalance({ unit, posted, held, incoming, overdraftLimit }: AccountSums): Balance {
  const money = (micros: bigint): Money => ({ micros, unit });
  return {
    posted: money(posted),
    held: money(held),
    incoming: money(incoming),
    available: money(posted + overdraftLimit - held),
    overdraftLimit: money(overdraftLimit),
  };
}
