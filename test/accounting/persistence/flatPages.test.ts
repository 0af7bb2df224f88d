import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../platform/database/sql.js';
import { entriesWithin, newestEntries } from '../../../subgraphs/accounting/persistence/entryPages.js';
import { readStatements } from '../../../subgraphs/accounting/persistence/statements.js';
import { SUMS_AT } from '../../../subgraphs/accounting/persistence/sumsAt.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

const BATCHES = 5;
const ROWS = 1_000;
const PAGE = 20;
const READINGS = 8;

let bench: LedgerBench;
/** Has entries on the debit side alone, so that its other side is a search for what is not there. */
let payer: string;
/** A time in the middle of the payer's life. */
let middle: Date;

beforeAll(async () => {
  bench = await openLedgerBench();
  payer = await bench.accountWith(BATCHES * ROWS);
  const payee = await bench.accountWith(0);
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const sent = await bench.batch(Array.from({ length: ROWS }, () => ({ from: payer, to: payee, amount: 1 })));
    expect(sent.ok).toBe(true);
  }
  await bench.owner.query('VACUUM (ANALYZE) journal_entry');
  const { rows } = await bench.owner.query<{ at: Date }>(
    'SELECT recorded_at AS at FROM journal_entry ORDER BY sequence OFFSET $1 LIMIT 1',
    [(BATCHES * ROWS) / 2],
  );
  middle = rows[0]?.at ?? new Date(0);
});
afterAll(async () => {
  await bench.close();
});

/**
 * Rows of the journal that a read fetches at the most, beside what an index alone answers: of a few readings on one
 * connection, so that a plan for any values, which the server turns to after five, is tried too.
 */
async function fetched(read: (sql: SqlSession) => Promise<unknown>): Promise<number> {
  return bench.prisma.$transaction(async (sql) => {
    const count = async (): Promise<number> => {
      const rows = await sql.$queryRawUnsafe<{ rows: number }[]>(
        `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows
         FROM pg_stat_xact_user_tables WHERE relname = 'journal_entry'`,
      );
      return rows[0]?.rows ?? Number.NaN;
    };
    let most = 0;
    for (let reading = 0; reading < READINGS; reading += 1) {
      const before = await count();
      await read(sql);
      most = Math.max(most, (await count()) - before);
    }
    return most;
  });
}

describe('a read of an account with 5,000 entries on one side', () => {
  const page = { first: PAGE, after: null };
  const open = { from: null, to: null };

  it.each<[string, (sql: SqlSession) => Promise<unknown>]>([
    ['the newest page', (sql) => newestEntries(sql, [payer], page, open)],
    ['the newest page before a time', (sql) => newestEntries(sql, [payer], page, { from: null, to: middle })],
    ['a page in the middle', (sql) => newestEntries(sql, [payer], { first: PAGE, after: ['2500'] }, open)],
    ['the oldest page', (sql) => entriesWithin(sql, [payer], { after: 0n, through: 1_000_000n }, PAGE)],
    ['a page of a statement', (sql) => entriesWithin(sql, [payer], { after: 2_500n, through: 1_000_000n }, PAGE)],
    ['a statement', (sql) => readStatements(sql, [payer], { from: middle, to: null })],
    ['the sums as of a time', (sql) => sql.$queryRawUnsafe(SUMS_AT, [payer], String(middle.getTime()), 'EFFECTIVE')],
  ])('fetches little more than a page: %s', async (_name, read) => {
    // Both sides' pages, the balance before the first row, and the row that a time stands for.
    expect(await fetched(read)).toBeLessThanOrEqual(2 * (PAGE + 1) + 4);
  });
});
