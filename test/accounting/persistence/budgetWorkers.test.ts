import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Hold } from '../../../subgraphs/accounting/domain/hold.js';
import { makeSqlBudgets } from '../../../subgraphs/accounting/persistence/sqlBudgets.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

/*
 * 3,000 random calls from 12 concurrent workers on two replicas, on the accounts of one group with budgets of its own, of each
 * account by day and by month, while account budgets are set, changed and removed.
 *   1. In every snapshot: no hard budget of the group is exceeded.
 *   2. At the end each counter is what the journal says (the ledger's invariants recompute it), and so is every other sum.
 *   3. Nothing fails: a refusal has a code, and no deadlock reaches a caller.
 * Replay: TOLLGATE_TEST_SEED takes the seed that is printed (the calls are the same then, their interleaving is not).
 */
const SEED = Number(process.env['TOLLGATE_TEST_SEED'] ?? randomInt(2 ** 31));
const CALLS = 3_000;
const WORKERS = 12;
const ACCOUNTS = 5;

const call = fc.record({
  op: fc.constantFrom(
    ...([
      'transfer',
      'transfer',
      'hold',
      'hold',
      'capture',
      'release',
      'extend',
      'reverse',
      'expire',
      'batch',
      'set',
    ] as const),
  ),
  from: fc.nat(ACCOUNTS),
  to: fc.nat(ACCOUNTS),
  amount: fc.integer({ min: 1, max: 40 }),
  nth: fc.nat(20),
  flag: fc.boolean(),
});
type RandomCall = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

describe(`12 workers within budgets, with seed ${SEED}`, () => {
  let bench: LedgerBench;
  let replica: LedgerBench;
  let budgets: ReturnType<typeof makeSqlBudgets>;
  /** The owner's connections, several, since all workers use them. */
  let looking: PgSessions;
  const ids: string[] = [];
  const holds: Hold[] = [];
  const transfers: string[] = [];

  const set = (accountId: string, amount: number | null, { scope = 'ACCOUNT', period = 'DAY' } = {}) =>
    budgets.set(
      { operation: 'setBudget', actor: 'usr_test', requestId: 'test', clientIp: '192.0.2.1' },
      accountId,
      ok({
        budgetId: newId('budget'),
        scope: scope as 'ACCOUNT' | 'GROUP',
        memberId: null,
        period: period as 'DAY' | 'MONTH',
        startsAt: null,
        endsAt: null,
        terms:
          amount === null
            ? null
            : {
                name: 'Test',
                limit: { micros: units(amount), unit: wellKnown.unit },
                isHard: true,
                thresholds: [50, 90],
              },
      }),
    );

  beforeAll(async () => {
    bench = await openLedgerBench();
    replica = await openLedgerBench(bench.database);
    budgets = makeSqlBudgets(bench.prisma);
    looking = pgSessions(bench.database.ownerUrl);
    const ownerId = newId('group');
    for (let n = 0; n < ACCOUNTS; n += 1) {
      const accountId = newId('account');
      const account = { accountId, name: 'Lab', kind: 'GROUP' as const, unit: wellKnown.unit, ownerId };
      await bench.ledger.openAccount(callOfTest('openAccount'), ok(account));
      await bench.transfer(await bench.accountWith(5_000), accountId, 5_000);
      ids.push(accountId);
    }
    ids.push(await bench.accountWith(5_000));
    await set(ids[0] ?? '', 1_500, { scope: 'GROUP', period: 'MONTH' });
    await set(ids[0] ?? '', 1_200, { scope: 'GROUP' });
  });
  afterAll(async () => {
    await looking.end();
    await replica.close();
    await bench.assertInvariants();
    await bench.close();
  });

  const make = async (ledger: LedgerBench, wanted: RandomCall): Promise<void> => {
    const [from = '', to = ''] = [ids[wanted.from], ids[wanted.to]];
    const hold = holds.at(-1 - wanted.nth);
    const transferId = transfers.at(-1 - wanted.nth);
    if (wanted.op === 'set') return void (await set(from, wanted.flag ? wanted.amount * 20 : null));
    if (wanted.op === 'batch') {
      const items = [0, 1, 2].map((n) => ({
        from: ids[(wanted.from + n) % ids.length] ?? '',
        to,
        amount: wanted.amount,
      }));
      return void (await ledger.batch(items, { linked: wanted.flag }));
    }
    if (wanted.op === 'reverse') return void (transferId && (await ledger.reverse(transferId, wanted.amount)));
    if (wanted.op === 'transfer') {
      const sent = await ledger.transfer(from, to, wanted.amount);
      if (sent.ok) transfers.push(sent.value.transferId ?? '');
      return;
    }
    if (wanted.op === 'hold' || hold === undefined) {
      const placed = await ledger.placeHold(from, to, wanted.amount);
      if (placed.ok) holds.push(await bench.heldOf(placed));
      return;
    }
    if (wanted.op === 'expire') {
      const sql = `UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`;
      return void (await looking.sql.$executeRawUnsafe(sql, hold.id));
    }
    if (wanted.op === 'release') return void (await ledger.release(hold));
    if (wanted.op === 'extend') return void (await ledger.extend(hold, { amount: wanted.amount + 10 }));
    await ledger.capture(hold, wanted.amount, { final: wanted.flag });
  };

  it('counts exactly and never exceeds the limits of the group', async () => {
    const calls = fc.sample(call, { numRuns: CALLS, seed: SEED });
    let finished = false;
    const snapshots = (async () => {
      let taken = 0;
      for (; !finished; taken += 1) {
        const rows = await looking.sql.$queryRawUnsafe(
          `SELECT b.id FROM budget b JOIN budget_use u ON u.budget_id = b.id
           WHERE b.group_id IS NOT NULL AND u.spent + u.held > b.maximum`,
        );
        expect(rows).toEqual([]);
      }
      return taken;
    })();
    await Promise.all(
      Array.from({ length: WORKERS }, async (_, worker) => {
        const ledger = worker % 2 === 0 ? bench : replica;
        for (const [position, wanted] of calls.entries()) {
          if (position % WORKERS === worker) await make(ledger, wanted);
        }
      }),
    ).finally(() => {
      finished = true;
    });
    expect(await snapshots).toBeGreaterThan(0);
    const rows = await looking.sql.$queryRawUnsafe<{ refused: number; crossed: number }[]>(
      `SELECT (SELECT count(*)::int FROM platform.audit_entry WHERE outcome = 'LIMIT_EXCEEDED') AS refused,
              (SELECT count(*)::int FROM budget_crossing) AS crossed`,
    );
    expect(rows[0]?.refused).toBeGreaterThan(0);
    expect(rows[0]?.crossed).toBeGreaterThan(0);
    await bench.assertInvariants();
  });
});
