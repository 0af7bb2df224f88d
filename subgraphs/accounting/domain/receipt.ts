import { formatMicros } from '../../../platform/kernel/money.js';
import type { Transfer } from './transfer.js';

/** Money that was received by a capture; it stands for one transfer. */
export interface Receipt {
  readonly id: string;
  readonly number: string;
  readonly transfer: Transfer;
}

/** What a receipt's proof says: enough to find the row in the journal and to see that it is still the same. */
export interface ReceiptClaims {
  readonly receipt: string;
  readonly number: string;
  readonly transfer: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly unit: string;
  readonly sequence: string;
  readonly entryHash: string;
  readonly recordedAt: string;
}

/** The claims of a receipt, from its row alone: the same whenever it is read. */
export function claimsOf({ id, number, transfer }: Receipt): ReceiptClaims {
  return {
    receipt: id,
    number,
    transfer: transfer.id,
    debit: transfer.debitId,
    credit: transfer.creditId,
    amount: formatMicros(transfer.amount.micros),
    unit: transfer.amount.unit,
    sequence: transfer.sequence.toString(),
    entryHash: transfer.entryHash,
    recordedAt: transfer.recordedAt.toISOString(),
  };
}
