import type { Money } from '../../../platform/kernel/money.js';

/** Where a hold is in its life. */
export type HoldStatus = 'OPEN' | 'CAPTURED' | 'RELEASED' | 'EXPIRED';

/** Money reserved on one account for another, as it is at the time of reading. */
export interface Hold {
  readonly id: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly status: HoldStatus;
  readonly amount: Money;
  readonly captured: Money;
  /** Who placed it: a person's id, or service:<name>. */
  readonly placedBy: string;
  readonly expiresAt: Date;
}

/** What a hold still reserves: nothing once it has ended. */
export const remainingOf = ({ status, amount, captured }: Hold): Money => ({
  micros: status === 'OPEN' ? amount.micros - captured.micros : 0n,
  unit: amount.unit,
});
