import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import type { BalanceBasis } from '../../../subgraphs/accounting/domain/statement.js';
import { PrismaClient } from '../../../subgraphs/accounting/generated/prisma/client.js';
import { makeSqlAccounts } from '../../../subgraphs/accounting/persistence/sqlAccounts.js';
import { makeSqlAdjustments } from '../../../subgraphs/accounting/persistence/sqlAdjustments.js';
import { makeSqlBudgets } from '../../../subgraphs/accounting/persistence/sqlBudgets.js';
import { makeSqlHolds } from '../../../subgraphs/accounting/persistence/sqlHolds.js';
import { makeSqlInvoices } from '../../../subgraphs/accounting/persistence/sqlInvoices.js';
import { makeSqlJournal } from '../../../subgraphs/accounting/persistence/sqlJournal.js';
import { makeSqlRates } from '../../../subgraphs/accounting/persistence/sqlRates.js';
import { makeLoaders } from '../../../subgraphs/accounting/usecases/loaders.js';
import { type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';
import { backdate, moveInTime } from './journalTimes.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.close();
});

const PAIRS: readonly (readonly [number, number])[] = [
  [0, 1],
  [1, 0],
  [1, 2],
  [2, 0],
];
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 10);
const hour = (n: number) => new Date(START + n * HOUR_MS);

async function sumsAt(id: string, at: Date, basis: BalanceBasis = 'RECORDED') {
  const sums = (await bench.accounts.sumsAt([id], { at, basis })).get(id);
  const inUnits = (micros: bigint | undefined) => Number(micros) / 1_000_000;
  return { posted: inUnits(sums?.posted), held: inUnits(sums?.held), incoming: inUnits(sums?.incoming) };
}

describe('sums as of a time', () => {
  it('are what they were, at every millisecond around each row', async () => {
    const payer = await bench.accountWith(100);
    const payee = await bench.accountWith(0);
    const { owner } = bench;
    const held = await bench.heldOf(await bench.placeHold(payer, payee, 20, { seconds: 86_400 }));
    await bench.capture(held, 5, { final: false });
    await bench.capture(held, 6);
    const released = await bench.heldOf(await bench.placeHold(payer, payee, 3, { seconds: 86_400 }));
    await bench.release(released);
    const left = await bench.heldOf(await bench.placeHold(payer, payee, 7, { seconds: 86_400 }));
    await bench.transfer(payer, payee, 1);
    // An hour for each row, in the order they were written; the last hold ran out at hour 8 and was tidied at hour 10.
    await moveInTime(owner, payer, hour);
    await owner.query('UPDATE hold SET expires_at = $2 WHERE id = $1', [left.id, hour(8)]);
    const expected = [
      [100, 0, 0, 0],
      [100, 20, 0, 20],
      [95, 15, 5, 15],
      [89, 0, 11, 0],
      [89, 3, 11, 3],
      [89, 0, 11, 0],
      [89, 7, 11, 7],
      [88, 7, 12, 7],
      [88, 0, 12, 0],
    ] as const;
    for (const [n, [posted, reserved, earned, incoming]] of expected.entries()) {
      expect(await sumsAt(payer, hour(n)), `payer at hour ${n}`).toEqual({ posted, held: reserved, incoming: 0 });
      expect(await sumsAt(payee, hour(n + 0.9)), `payee after hour ${n}`).toEqual({
        posted: earned,
        held: 0,
        incoming,
      });
      const [before] = n === 0 ? [0] : (expected[n - 1] ?? []);
      expect((await sumsAt(payer, new Date(hour(n).getTime() - 1))).posted).toBe(before);
    }
    expect(await sumsAt(payer, hour(-1))).toEqual({ posted: 0, held: 0, incoming: 0 });
    expect(await sumsAt(payer, new Date('0000-01-01T00:00:00Z'))).toEqual({ posted: 0, held: 0, incoming: 0 });
    expect((await sumsAt(payer, new Date(8_640_000_000_000_000))).posted).toBe(88);
  });

  it('count back-dated rows from their effective time on effective time alone', async () => {
    const a = await bench.accountWith(0);
    const b = await bench.accountWith(0);
    const at = (iso: string) => new Date(iso);
    await backdate(bench.owner, {
      debit: a,
      credit: b,
      amount: 10,
      recorded: at('2026-03-10T12:00:00Z'),
      effective: at('2026-03-01T08:00:00Z'),
    });
    await backdate(bench.owner, {
      debit: b,
      credit: a,
      amount: 4,
      recorded: at('2026-03-10T13:00:00Z'),
      effective: at('2026-03-10T11:00:00Z'),
    });
    const points: [string, number, number][] = [
      ['2026-03-01T07:59:59.999Z', 0, 0],
      ['2026-03-01T08:00:00Z', 0, 10],
      ['2026-03-05T00:00:00Z', 0, 10],
      ['2026-03-10T00:00:00Z', 0, 10],
      ['2026-03-10T10:59:59Z', 0, 10],
      ['2026-03-10T11:00:00Z', 0, 6],
      ['2026-03-10T12:00:00Z', 10, 6],
      ['2026-03-10T13:00:00Z', 6, 6],
      ['2026-03-11T00:00:00Z', 6, 6],
    ];
    for (const [iso, recorded, effective] of points) {
      expect((await sumsAt(b, at(iso))).posted, `recorded ${iso}`).toBe(recorded);
      expect((await sumsAt(b, at(iso), 'EFFECTIVE')).posted, `effective ${iso}`).toBe(effective);
      expect((await sumsAt(a, at(iso), 'EFFECTIVE')).posted, `the other side, effective ${iso}`).toBe(0 - effective);
    }
  });

  it('equal the plain sums over the journal, whatever was posted when', async () => {
    const ids = [await bench.accountWith(0), await bench.accountWith(0), await bench.accountWith(0)];
    const base = Date.UTC(2026, 4, 1);
    let clock = base;
    const rows = fc.sample(
      fc.record({
        pair: fc.constantFrom(...PAIRS),
        amount: fc.integer({ min: 1, max: 50 }),
        step: fc.integer({ min: 0, max: 30 * HOUR_MS }),
        back: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 * 24 * HOUR_MS })),
      }),
      { numRuns: 80, seed: 8 },
    );
    const posted: { debit: string; credit: string; amount: number; recorded: Date; effective: Date }[] = [];
    for (const { pair, amount, step, back } of rows) {
      clock += step;
      const [debit, credit] = pair;
      const row = {
        debit: ids[debit] ?? '',
        credit: ids[credit] ?? '',
        amount,
        recorded: new Date(clock),
        effective: new Date(clock - back),
      };
      posted.push(row);
      await backdate(bench.owner, row);
    }
    const times = posted.flatMap(({ recorded, effective }) => [recorded, effective, new Date(effective.getTime() - 1)]);
    for (const at of times) {
      for (const basis of ['RECORDED', 'EFFECTIVE'] as const) {
        const sums = await bench.accounts.sumsAt(ids, { at, basis });
        for (const id of ids) {
          const plain = posted
            .filter((row) => (basis === 'RECORDED' ? row.recorded : row.effective) <= at)
            .reduce((sum, row) => sum + (row.credit === id ? row.amount : 0) - (row.debit === id ? row.amount : 0), 0);
          expect(sums.get(id)?.posted, `${basis} ${at.toISOString()}`).toBe(units(plain));
        }
      }
    }
  });
});

describe('loaders of times and windows', () => {
  it('take one statement for a list of accounts', async () => {
    const statements: string[] = [];
    const prisma = new PrismaClient({
      adapter: prismaAdapter(bench.database.appUrl, { poolSize: 2 }),
      log: [{ emit: 'event', level: 'query' }],
    });
    prisma.$on('query', ({ query }) => statements.push(query));
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push(await bench.accountWith(n + 1));
    const window = { from: null, to: new Date() };
    const page = { first: 5, after: null };
    const count = async (many: number) => {
      const loaders = makeLoaders({
        accounts: makeSqlAccounts(prisma),
        journal: makeSqlJournal(prisma),
        holds: makeSqlHolds(prisma),
        invoices: makeSqlInvoices(prisma),
        rateCards: makeSqlRates(prisma),
        budgets: makeSqlBudgets(prisma),
        adjustments: makeSqlAdjustments(prisma),
      });
      const some = ids.slice(0, many);
      const counts: number[] = [];
      const loads: ((id: string) => Promise<unknown>)[] = [
        (id: string) => loaders.budgetsOf.load(id),
        (id: string) => loaders.sumsAt.load({ id, point: { at: window.to, basis: 'EFFECTIVE' } }),
        (id: string) => loaders.transfersOf.load({ id, page, window }),
        (id: string) => loaders.statement.load({ id, window }),
        (id: string) => loaders.transfersWithin.load({ id, first: 5, span: { after: 0n, through: 1_000n } }),
      ];
      for (const load of loads) {
        statements.length = 0;
        const loaded = await Promise.all(some.map(load));
        expect(loaded.every((value) => value !== null)).toBe(true);
        counts.push(statements.length);
      }
      return counts;
    };
    expect(await count(1)).toEqual([1, 1, 1, 1, 1]);
    expect(await count(20)).toEqual([1, 1, 1, 1, 1]);
    await prisma.$disconnect();
  });
});
