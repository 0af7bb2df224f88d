import { MICROS_PER_UNIT } from '../../../platform/kernel/money.js';

/** Limits of the ledger, as they are unless the configuration says otherwise. */
export interface LedgerLimits {
  /** The largest amount of one transaction, in millionths of a unit. */
  readonly amountMicrosMax: bigint;
  /** The longest time that a hold may reserve money. */
  readonly holdSecondsMax: number;
}

/** 10^12 units, and thirty days. */
export const ledgerLimitsDefault: LedgerLimits = {
  amountMicrosMax: 1_000_000_000_000n * MICROS_PER_UNIT,
  holdSecondsMax: 30 * 86_400,
};

/** How long a hold lasts where nobody says: seven days. */
export const holdSecondsDefault = 7 * 86_400;

/** Lines of one invoice. */
export const invoiceLinesMax = 100;
