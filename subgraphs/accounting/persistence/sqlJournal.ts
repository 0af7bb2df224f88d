import type { PrismaClient } from '../generated/prisma/client.js';
import type { Journal, LedgerFault } from '../usecases/ports.js';
import { entriesWithin, newestEntries } from './entryPages.js';
import { byKey, groupBy, plausible } from './found.js';
import { readStatements } from './statements.js';
import { toTransfer } from './toTransfer.js';

/** The journal in PostgreSQL; it is written by the posting function alone. */
export function makeSqlJournal(prisma: PrismaClient): Journal {
  return {
    async transfersByIds(ids) {
      const rows = await prisma.journalEntry.findMany({ where: { transferId: { in: plausible('transfer', ids) } } });
      return byKey(rows.map(toTransfer), ({ id }) => id);
    },
    transfersOf: (accountIds, page, window) => newestEntries(prisma, accountIds, page, window),
    transfersWithin: (accountIds, span, first) => entriesWithin(prisma, accountIds, span, first),
    statementsOf: (accountIds, window) => readStatements(prisma, accountIds, window),
    async reversalsOf(transferIds) {
      const rows = await prisma.journalEntry.findMany({
        where: { reversesId: { in: plausible('transfer', transferIds) } },
        orderBy: { sequence: 'asc' },
      });
      return groupBy(rows, ({ reversesId }) => reversesId ?? '', toTransfer);
    },
    async head() {
      // The only row; Prisma gathers look-ups by key, and has no list of keys that are Boolean.
      const { sequence, entryHash, recordedAt } = await prisma.chainHead.findFirstOrThrow();
      return { sequence, entryHash: base64url(entryHash), recordedAt };
    },
    async exportRows({ after, through }, first) {
      const rows = await prisma.$queryRawUnsafe<{ sequence: bigint; form: string; hash: Uint8Array }[]>(
        EXPORT,
        after.toString(),
        through.toString(),
        first,
      );
      return rows.map(({ hash, ...row }) => ({ ...row, hash: base64url(hash) }));
    },
    async verifyRows(after, first) {
      const [row] = await prisma.$queryRawUnsafe<({ checked: bigint } & MaybeFault)[]>(
        'SELECT checked, broken_at AS "brokenAt", detail FROM verify_rows($1::text::bigint, $2::bigint)',
        after.toString(),
        first,
      );
      if (row === undefined) throw new Error('verify_rows answered nothing');
      return { checked: row.checked, fault: toFault(row) };
    },
    async verifyDerived() {
      const [row] = await prisma.$queryRawUnsafe<MaybeFault[]>(
        'SELECT broken_at AS "brokenAt", detail FROM verify_derived()',
      );
      return row === undefined ? null : toFault(row);
    },
  };
}

interface MaybeFault {
  readonly brokenAt: string | null;
  readonly detail: string | null;
}

const toFault = ({ brokenAt, detail }: MaybeFault): LedgerFault | null =>
  detail === null ? null : { brokenAt: brokenAt ?? 'journal', detail };

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

const EXPORT = `
  SELECT f.sequence, f.form, f.entry_hash AS hash FROM journal_form f
  WHERE f.sequence > $1::text::bigint AND f.sequence <= $2::text::bigint ORDER BY f.sequence LIMIT $3::int`;
