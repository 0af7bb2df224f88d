import type { SqlSession } from '../../../platform/database/sql.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { Span, TimeWindow } from '../domain/statement.js';
import type { Transfer } from '../domain/transfer.js';
import type { JournalEntry } from '../generated/prisma/client.js';
import { groupBy } from './found.js';
import { onSide, positionBefore, sideOrder, timeOf, toTime } from './timeSql.js';
import { toTransfer } from './toTransfer.js';

type Row = JournalEntry & { readonly accountId: string };
type Pages = Promise<ReadonlyMap<string, readonly Transfer[]>>;

const POSITION_MAX = '9223372036854775807';

/** For each account a page of what was recorded in a window, newest first, and one more. One statement. */
export async function newestEntries(
  sql: SqlSession,
  accountIds: readonly string[],
  { first, after }: PageRequest,
  { from, to }: TimeWindow,
): Pages {
  const before = after?.[0] ?? POSITION_MAX;
  return grouped(
    await sql.$queryRawUnsafe<Row[]>(NEWEST, [...accountIds], before, first + 1, toTime(from), toTime(to)),
  );
}

/** For each account the first so many rows of a span, oldest first, and one more. One statement. */
export async function entriesWithin(
  sql: SqlSession,
  accountIds: readonly string[],
  { after, through }: Span,
  first: number,
): Pages {
  return grouped(
    await sql.$queryRawUnsafe<Row[]>(OLDEST, [...accountIds], after.toString(), first + 1, through.toString()),
  );
}

const grouped = (rows: readonly Row[]): ReadonlyMap<string, readonly Transfer[]> =>
  groupBy(rows, ({ accountId }) => accountId, toTransfer);

const COLUMNS = `
  account.id AS "accountId", e.sequence, e.kind, e.transfer_id AS "transferId", e.hold_id AS "holdId",
  e.debit_id AS "debitId", e.credit_id AS "creditId", e.unit, e.amount, e.description, e.invoice_id AS "invoiceId",
  e.reverses_id AS "reversesId",
  e.debit_balance_after AS "debitBalanceAfter", e.credit_balance_after AS "creditBalanceAfter",
  e.recorded_at AS "recordedAt", e.effective_at AS "effectiveAt", e.entry_hash AS "entryHash"`;

// Each side by its own index; at most two pages are read to make one.
const bothSides = (order: 'ASC' | 'DESC', low: string, high: string): string => {
  const side = (column: 'debit_id' | 'credit_id'): string => `
      (SELECT j.* FROM journal_entry j WHERE ${onSide(column, 'account.id', low, high)}
       ORDER BY ${sideOrder(column, order)} LIMIT $3::int)`;
  return `
  CROSS JOIN LATERAL (${side('debit_id')} UNION ALL ${side('credit_id')}
    ORDER BY sequence ${order} LIMIT $3::int) e
  ORDER BY e.sequence ${order}`;
};

const NEWEST = `
  WITH span AS (
    SELECT CASE WHEN $4::text = '' THEN 0 ELSE ${positionBefore(timeOf('$4'))} END AS low,
           least($2::text::bigint - 1,
                 CASE WHEN $5::text = '' THEN ${POSITION_MAX} ELSE ${positionBefore(timeOf('$5'))} END) AS high
  )
  SELECT ${COLUMNS} FROM unnest($1::text[]) AS account(id)
  ${bothSides('DESC', '(SELECT low FROM span)', '(SELECT high FROM span)')}`;

const OLDEST = `
  SELECT ${COLUMNS} FROM unnest($1::text[]) AS account(id)
  ${bothSides('ASC', '$2::text::bigint', '$4::text::bigint')}`;
