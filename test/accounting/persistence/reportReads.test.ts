import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { PrismaClient } from '../../../subgraphs/accounting/generated/prisma/client.js';
import { makeSqlCharges } from '../../../subgraphs/accounting/persistence/sqlCharges.js';
import { makeSqlUsageTotals } from '../../../subgraphs/accounting/persistence/sqlUsageTotals.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

const OLD_BATCHES = 5;
const OLD_ROWS = 1_000;
const OLD_RECORDS = 100_000;
const NEW_ROWS = 20;

let bench: LedgerBench;
const userId = 'usr_1';
const page = { first: 20, after: null };
/** As requireWindow reads what was not said; the old rows are from half a year before. */
const window = { from: new Date(Date.now() - 90 * 86_400_000), to: null };

beforeAll(async () => {
  bench = await openLedgerBench();
  const payer = await bench.accountWith(10_000);
  const revenue = wellKnown.accountRevenueLocal;
  for (let batch = 0; batch < OLD_BATCHES; batch += 1) {
    await bench.batch(Array.from({ length: OLD_ROWS }, () => ({ from: payer, to: revenue, amount: 1 })));
  }
  await bench.owner.query('ALTER TABLE journal_entry DISABLE TRIGGER USER');
  await bench.owner.query(`UPDATE journal_entry SET recorded_at = recorded_at - interval '180 days'`);
  await bench.owner.query('ALTER TABLE journal_entry ENABLE TRIGGER USER');
  for (let n = 0; n < NEW_ROWS; n += 1) {
    await bench.capture(await bench.heldOf(await bench.placeHold(payer, revenue, 1)), 1);
  }
  await bench.owner.query(
    `INSERT INTO rate_card (id, cluster_id, payee_id, unit, valid_from, published_by, published_at)
     VALUES ('rat_1', 'clu_1', $1, 'CREDIT', now() - interval '1 year', 'test', now())`,
    [revenue],
  );
  await bench.owner.query('ALTER TABLE usage_record DISABLE TRIGGER USER');
  await bench.owner.query(
    `INSERT INTO usage_record (cluster_id, external_id, segment, revision, user_id, payer_id, resource, starts_at, ends_at,
       cpu_seconds, gpu_seconds, memory_byte_seconds, storage_byte_seconds, rate_card_id, amount, charged, recorded_at)
     SELECT 'clu_' || n % 50, n::text, 0, 0, 'usr_' || n % 5000, $1, 'standard', t, t, 1, 0, 0, 0, 'rat_1', 1, 1, t
     FROM generate_series(1, $2::int + $3::int) n,
     LATERAL (SELECT CASE WHEN n > $2::int THEN now() ELSE now() - interval '365 days' + n * interval '100 seconds' END AS t) at`,
    [payer, OLD_RECORDS, NEW_ROWS],
  );
  await bench.owner.query('ALTER TABLE usage_record ENABLE TRIGGER USER');
  await bench.owner.query('VACUUM (ANALYZE) journal_entry, usage_record, hold, account, escrow');
});
afterAll(() => bench.close());

/** Pages of tables and indexes that a report's one statement looks at. */
async function pagesOf(read: (prisma: PrismaClient) => Promise<unknown>): Promise<number> {
  let pages = Number.NaN;
  const explained = {
    $executeRawUnsafe: async () => 0,
    async $queryRawUnsafe(text: string, ...values: unknown[]) {
      const [row] = await bench.prisma.$queryRawUnsafe<Explained[]>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        ...values,
      );
      const plan = row?.['QUERY PLAN'][0]?.Plan;
      pages = (plan?.['Shared Hit Blocks'] ?? Number.NaN) + (plan?.['Shared Read Blocks'] ?? Number.NaN);
      return [];
    },
  };
  // What a report asks of its connection is these two, in one transaction.
  await read({ $transaction: (work: (tx: object) => unknown) => work(explained) } as unknown as PrismaClient);
  return pages;
}

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: Readonly<Record<string, number>> }[];
}

describe('of 5,000 old postings and 100,000 old records, a report of the last 90 days', () => {
  const filter = window;
  it.each<[string, (prisma: PrismaClient) => Promise<unknown>]>([
    [
      'looks at what is in them: charges of everything',
      (prisma) => makeSqlCharges(prisma).totalsBy({ sight: { kind: 'ALL' }, filter, by: ['PROVIDER', 'DAY'] }, page),
    ],
    [
      'looks at what is in them: charges of a person',
      (prisma) =>
        makeSqlCharges(prisma).totalsBy(
          { sight: { kind: 'SOME', userId, administered: [], totalsOf: null }, filter, by: ['USER'] },
          page,
        ),
    ],
    [
      'looks at what is in them: usage of everything',
      (prisma) => makeSqlUsageTotals(prisma)({ kind: 'ALL' }, filter, ['USER'], page),
    ],
  ])('%s', async (_name, read) => {
    // The old records alone are 3,000 pages, and 500 of each of their indexes.
    expect(await pagesOf(read)).toBeLessThan(300);
  });
});
