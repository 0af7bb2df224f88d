import type { PrismaClient } from '../generated/prisma/client.js';
import type { Journal, Verification } from '../usecases/ports.js';
import { entriesWithin, newestEntries } from './entryPages.js';
import { byKey, plausible } from './found.js';
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
    async verify() {
      const [row] = await prisma.$queryRawUnsafe<Verification[]>(
        'SELECT checked, broken_at AS "brokenAt", detail FROM verify_ledger()',
      );
      if (row === undefined) throw new Error('verify_ledger answered nothing');
      return row;
    },
  };
}
