import type { Money } from '../../../platform/kernel/money.js';

/** Why money moved. */
export type TransferKind = 'DEPOSIT' | 'TRANSFER' | 'CAPTURE' | 'REFUND' | 'REVERSAL' | 'ADJUSTMENT' | 'USAGE';

/** Money that moved: one row of the journal. */
export interface Transfer {
  readonly id: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly amount: Money;
  readonly description: string;
  readonly kind: TransferKind;
  readonly holdId: string | null;
  readonly invoiceId: string | null;
  /** The transfer that a REVERSAL undoes. */
  readonly reversesId: string | null;
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
  readonly sequence: bigint;
  /** The chain's hash at this row, base64url. */
  readonly entryHash: string;
  readonly debitBalanceAfter: bigint;
  readonly creditBalanceAfter: bigint;
}

/** One transfer as one account sees it. */
export interface Entry {
  readonly transfer: Transfer;
  readonly amount: Money;
  readonly balanceAfter: Money;
}

/** Shows a transfer from one account's side: what reached it is positive, what left it is negative. */
export function entryOf(transfer: Transfer, accountId: string): Entry {
  const { amount, creditId, creditBalanceAfter, debitBalanceAfter } = transfer;
  const arrived = creditId === accountId;
  return {
    transfer,
    amount: { micros: arrived ? amount.micros : -amount.micros, unit: amount.unit },
    balanceAfter: { micros: arrived ? creditBalanceAfter : debitBalanceAfter, unit: amount.unit },
  };
}
