import type { Transfer, TransferKind } from '../domain/transfer.js';
import type { JournalEntry } from '../generated/prisma/client.js';

/** Reads a row that moved money. The casts hold by the constraint journal_entry_kind. */
export const toTransfer = (row: JournalEntry): Transfer => ({
  id: row.transferId ?? '',
  debitId: row.debitId,
  creditId: row.creditId,
  amount: { micros: row.amount, unit: row.unit },
  description: row.description,
  kind: row.kind as TransferKind,
  holdId: row.holdId,
  invoiceId: row.invoiceId,
  reversesId: row.reversesId,
  recordedAt: row.recordedAt,
  effectiveAt: row.effectiveAt,
  sequence: row.sequence,
  entryHash: Buffer.from(row.entryHash).toString('base64url'),
  debitBalanceAfter: row.debitBalanceAfter,
  creditBalanceAfter: row.creditBalanceAfter,
});
