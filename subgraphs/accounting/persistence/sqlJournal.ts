import type { Transfer, TransferKind } from '../domain/transfer.js';
import type { JournalEntry, PrismaClient } from '../generated/prisma/client.js';
import type { Journal, Verification } from '../usecases/ports.js';
import { byKey, groupBy, plausible } from './found.js';

/** The journal in PostgreSQL; it is written by the posting function alone. */
export function makeSqlJournal(prisma: PrismaClient): Journal {
  return {
    async transfersByIds(ids) {
      const rows = await prisma.journalEntry.findMany({ where: { transferId: { in: plausible('transfer', ids) } } });
      return byKey(rows.map(toTransfer), ({ id }) => id);
    },
    async transfersOf(accountIds, { first, after }) {
      const rows = await prisma.$queryRawUnsafe<{ accountId: string; sequence: bigint }[]>(
        ENTRIES,
        [...accountIds],
        after?.[0] ?? '9223372036854775807',
        first + 1,
      );
      const entries = await prisma.journalEntry.findMany({
        where: { sequence: { in: rows.map(({ sequence }) => sequence) } },
      });
      const transfers = byKey(entries.map(toTransfer), ({ sequence }) => sequence.toString());
      const found = rows.flatMap(({ accountId, sequence }) => {
        const transfer = transfers.get(sequence.toString());
        return transfer === undefined ? [] : [{ accountId, transfer }];
      });
      return groupBy(
        found,
        ({ accountId }) => accountId,
        ({ transfer }) => transfer,
      );
    },
    async reversalsOf(transferIds) {
      const rows = await prisma.journalEntry.findMany({
        where: { reversesId: { in: plausible('transfer', transferIds) } },
        orderBy: { sequence: 'asc' },
      });
      return groupBy(rows, ({ reversesId }) => reversesId ?? '', toTransfer);
    },
    async verify() {
      const [row] = await prisma.$queryRawUnsafe<Verification[]>(
        'SELECT checked, broken_at AS "brokenAt", detail FROM verify_ledger()',
      );
      if (row === undefined) throw new Error('verify_ledger answered nothing');
      return row;
    },
  };
}

// Each side by its own index, newest first; at most two pages are read to make one.
const ENTRIES = `
  SELECT account.id AS "accountId", e.sequence
  FROM unnest($1::text[]) AS account(id)
  CROSS JOIN LATERAL (
    SELECT sequence FROM (
      (SELECT j.sequence FROM journal_entry j
       WHERE j.debit_id = account.id AND j.transfer_id IS NOT NULL AND j.sequence < $2::text::bigint
       ORDER BY j.sequence DESC LIMIT $3::int)
      UNION ALL
      (SELECT j.sequence FROM journal_entry j
       WHERE j.credit_id = account.id AND j.transfer_id IS NOT NULL AND j.sequence < $2::text::bigint
       ORDER BY j.sequence DESC LIMIT $3::int)) both_sides
    ORDER BY sequence DESC LIMIT $3::int) e
  ORDER BY e.sequence DESC`;

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
