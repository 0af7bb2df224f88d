import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { BudgetPeriod, BudgetScope } from '../../../subgraphs/accounting/domain/budget.js';
import { makeSqlBudgets } from '../../../subgraphs/accounting/persistence/sqlBudgets.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';
import { postingWorkOf } from '../postingWork.js';

let bench: LedgerBench;
let budgets: ReturnType<typeof makeSqlBudgets>;
beforeAll(async () => {
  bench = await openLedgerBench();
  budgets = makeSqlBudgets(bench.prisma);
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const act = { operation: 'setBudget', actor: 'usr_test', requestId: 'test', clientIp: '192.0.2.1' };
const set = (
  accountId: string,
  amount: number,
  { scope = 'ACCOUNT', period = 'DAY' }: { scope?: BudgetScope; period?: BudgetPeriod } = {},
) =>
  budgets.set(
    act,
    accountId,
    ok({
      budgetId: newId('budget'),
      scope,
      memberId: null,
      period,
      startsAt: null,
      endsAt: null,
      terms: { name: 'Test', limit: { micros: units(amount), unit: wellKnown.unit }, isHard: true, thresholds: [50] },
    }),
  );
const countedOn = async (accountId: string): Promise<readonly [number, number] | null> => {
  const [budget] = (await budgets.ofAccounts([accountId])).get(accountId) ?? [];
  return budget === undefined ? null : [Number(budget.spent.micros) / 1e6, Number(budget.held.micros) / 1e6];
};
const codeOf = (answer: Awaited<ReturnType<LedgerBench['transfer']>>): string =>
  answer.ok ? 'DONE' : answer.refusal.code;
/** Moves what a budget has counted, and what it will, to an earlier day. */
const letDayPass = async (holdId: string, budgetId: string): Promise<void> => {
  await bench.owner.query(`UPDATE hold SET placed_at = placed_at - interval '1 day' WHERE id = $1`, [holdId]);
  await bench.owner.query(`UPDATE budget_use SET period_start = period_start - interval '1 day' WHERE budget_id = $1`, [
    budgetId,
  ]);
  await bench.owner.query(`UPDATE budget SET counts_from = counts_from - interval '1 day' WHERE id = $1`, [budgetId]);
};

describe('a budget', () => {
  it('that is set in the middle of its period counts what the journal has of it, and goes on from there', async () => {
    const from = await bench.accountWith(1_000);
    const to = await bench.accountWith(1_000);
    await bench.transfer(from, to, 10);
    const part = await bench.heldOf(await bench.placeHold(from, to, 20));
    await bench.capture(part, 5, { final: false });
    const late = await bench.heldOf(await bench.placeHold(from, to, 7));
    await bench.letExpire(late.id);
    const back = await bench.transfer(from, to, 30);
    await bench.reverse(back.ok ? (back.value.transferId ?? '') : '', 12);
    await bench.transfer(to, from, 100);
    await set(from, 500);
    expect(await countedOn(from)).toEqual([33, 15]);
    await bench.assertInvariants();
    await bench.capture(part, 15);
    await bench.reverse(back.ok ? (back.value.transferId ?? '') : '');
    expect(await countedOn(from)).toEqual([30, 0]);
  });

  it('counts a hold, with what it becomes, in the period in which it was placed', async () => {
    const from = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    await set(from, 50);
    const hold = await bench.heldOf(await bench.placeHold(from, to, 40));
    const [{ id: budgetId = '' } = {}] = (await budgets.ofAccounts([from])).get(from) ?? [];
    await letDayPass(hold.id, budgetId);
    expect(await countedOn(from)).toEqual([0, 0]);
    // Judged by the day that it belongs to, which has 10 left.
    expect(codeOf(await bench.extend(hold, { amount: 51 }))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await bench.extend(hold, { amount: 50 }))).toBe('DONE');
    expect(codeOf(await bench.capture(hold, 30))).toBe('DONE');
    expect(await countedOn(from)).toEqual([0, 0]);
    const { rows } = await bench.owner.query(
      'SELECT spent::text, held::text FROM budget_use WHERE budget_id = $1 ORDER BY period_start LIMIT 1',
      [budgetId],
    );
    expect(rows).toEqual([{ spent: units(30).toString(), held: '0' }]);
    expect(codeOf(await bench.transfer(from, to, 50))).toBe('DONE');
  });

  it('does not let a hold from before it be raised past it: a new hold is counted', async () => {
    const from = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    const hold = await bench.heldOf(await bench.placeHold(from, to, 1));
    await bench.owner.query(`UPDATE hold SET placed_at = placed_at - interval '3 days' WHERE id = $1`, [hold.id]);
    await set(from, 10);
    expect(codeOf(await bench.extend(hold, { amount: 90 }))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await bench.extend(hold, { seconds: 7_200 }))).toBe('DONE');
    expect(codeOf(await bench.placeHold(from, to, 11))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await bench.placeHold(from, to, 10))).toBe('DONE');
    expect(codeOf(await bench.capture(hold, 1))).toBe('DONE');
  });

  it('reports its thresholds anew in the next period', async () => {
    const from = await bench.accountWith(1_000);
    const to = await bench.accountWith(0);
    await set(from, 50);
    const hold = await bench.heldOf(await bench.placeHold(from, to, 30));
    const [{ id = '' } = {}] = (await budgets.ofAccounts([from])).get(from) ?? [];
    const crossings = async () =>
      ((await budgets.crossingsOf([id], { first: 10, after: null })).get(id) ?? []).map(({ percent }) => percent);
    expect(await crossings()).toEqual([50]);
    await letDayPass(hold.id, id);
    await bench.transfer(from, to, 24);
    expect(await crossings()).toEqual([50]);
    await bench.transfer(from, to, 1);
    expect(await crossings()).toEqual([50, 50]);
  });

  it.each([
    ['DAY', '2026-03-01T00:00:00Z', '2026-03-01', '2026-03-02'],
    ['DAY', '2026-03-01T23:59:59.999999Z', '2026-03-01', '2026-03-02'],
    ['MONTH', '2026-03-01T00:00:00Z', '2026-03-01', '2026-04-01'],
    ['MONTH', '2028-02-29T23:59:59.999999Z', '2028-02-01', '2028-03-01'],
  ])(
    'of a %s has %s in the half-open period from %s, whatever the zone of the session',
    async (period, at, start, end) => {
      for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/St_Johns']) {
        await bench.owner.query(`SET TimeZone TO '${zone}'`);
        const { rows } = await bench.owner.query<{ start: Date; end: Date }>(
          `SELECT p.start, budget_period_end($1, NULL, p.start) AS end FROM (SELECT budget_period_start($1, NULL, NULL, $2) AS start) p`,
          [period, at],
        );
        expect(rows).toEqual([{ start: new Date(start), end: new Date(end) }]);
      }
      await bench.owner.query('RESET TimeZone');
    },
  );

  it('has the whole repeated where a period begins between judging and recording, so that both are in one', async () => {
    const from = await bench.accountWith(100);
    await set(from, 50);
    const keep = (recordedAt: string, judgedAt: string) =>
      bench.owner.query(`SELECT keep_tallies('{}', ARRAY[$1], $2, $3)`, [from, recordedAt, judgedAt]);
    await expect(keep('2026-03-01T00:00:00Z', '2026-02-28T23:59:59.999999Z')).rejects.toMatchObject({ code: '40001' });
    await keep('2026-03-01T23:59:59.999999Z', '2026-03-01T00:00:00Z');
  });

  it('forgets a hold whose time ran out, before and after it is tidied', async () => {
    const from = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    await set(from, 50);
    const hold = await bench.heldOf(await bench.placeHold(from, to, 50));
    await bench.letExpire(hold.id);
    expect(await countedOn(from)).toEqual([0, 0]);
    expect(codeOf(await bench.transfer(from, to, 50))).toBe('DONE');
    expect(await countedOn(from)).toEqual([50, 0]);
  });

  it('of a group neither deadlocks nor is exceeded, with two replicas spending from ten accounts both ways', async () => {
    const owner = newId('group');
    const replica = await openLedgerBench(bench.database);
    const accounts: string[] = [];
    for (let n = 0; n < 10; n += 1) {
      const id = newId('account');
      const account = { accountId: id, name: 'Lab', kind: 'GROUP' as const, unit: wellKnown.unit, ownerId: owner };
      await bench.ledger.openAccount(callOfTest('openAccount'), ok(account));
      accounts.push(id);
      await bench.transfer(await bench.accountWith(200), id, 200);
    }
    const outside = await bench.accountWith(10_000);
    await set(accounts[0] ?? '', 111, { scope: 'GROUP', period: 'MONTH' });
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, async (_, n) => {
        const ledger = n % 2 === 0 ? bench : replica;
        const id = accounts[n % 10] ?? '';
        if (n % 4 === 3) return codeOf(await ledger.transfer(outside, id, 1));
        return codeOf(await ledger.transfer(id, outside, 1));
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'DONE')).toHaveLength(111 + 100);
    expect(outcomes.filter((outcome) => outcome === 'LIMIT_EXCEEDED')).toHaveLength(189);
    expect(await countedOn(accounts[5] ?? '')).toEqual([111, 0]);
    await replica.close();
  });
});

describe('the cost of budgets', () => {
  it('is nothing where an account has none', async () => {
    const from = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    expect((await postingWorkOf(bench.owner, from, to)).looks).toBe(0);
    await set(from, 50);
    expect((await postingWorkOf(bench.owner, from, to)).looks).toBeGreaterThan(0);
  });

  it('does not grow with what was spent: as many rows are read behind 10 entries as behind 500', async () => {
    const from = await bench.accountWith(10_000);
    const to = await bench.accountWith(0);
    await set(from, 9_000);
    const spend = (times: number) => Promise.all(Array.from({ length: times }, () => bench.transfer(from, to, 1)));
    await spend(10);
    const few = await postingWorkOf(bench.owner, from, to);
    await spend(490);
    expect(await postingWorkOf(bench.owner, from, to)).toEqual(few);
  });
});
