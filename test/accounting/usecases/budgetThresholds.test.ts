import { describe, expect, it } from 'vitest';
import { budgetsOf, crossedOf, setBudget, spend } from '../budgetSupport.js';
import { as, moneyWorld } from '../moneyWorld.js';
import { credit, idOf } from '../support.js';

const world = moneyWorld('1000');
const pay = (amount: string) => spend(world.accounting, world.alice, world.from, world.to, amount);
const { hold } = world;
const first = async () => (await budgetsOf(world.accounting, world.alice, world.from))[0];

describe('thresholds', () => {
  it('are reported once per crossing, with an audit entry and a measure; a new one where it fell below', async () => {
    await setBudget(world.accounting, world.alice, world.from, '100', { enforcement: 'SOFT' });
    expect(await pay('49')).toBe('DONE');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([]);
    expect(await pay('2')).toBe('DONE');
    expect(await pay('1')).toBe('DONE');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50]);
    expect(await pay('60')).toBe('DONE');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50, 80, 100]);
    expect((await first())?.remaining).toEqual({ amount: '-12' });

    const holdId = idOf(await hold('1'), 'hold');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50, 80, 100]);
    await world.accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(world.bob));
    const transferId = await world.accounting
      .mutate(
        'transfer',
        { debitAccountId: world.from, creditAccountId: world.to, amount: credit('1'), description: 'x' },
        'transfer { id }',
        as(world.alice),
      )
      .then((outcome) => idOf(outcome, 'transfer'));
    await world.accounting.mutate('reverseTransfer', { transferId, reason: 'x' }, 'transfer { id }', as(world.bob));
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50, 80, 100]);

    await world.accounting.mutate(
      'reverseTransfer',
      { transferId: await largest(), amount: credit('50'), reason: 'x' },
      'transfer { id }',
      as(world.bob),
    );
    expect((await first())?.spent).toEqual({ amount: '62' });
    expect(await pay('20')).toBe('DONE');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50, 80, 100, 80]);

    const budgetId = (await first())?.id;
    const audited = await world.accounting.sql<Record<string, unknown>>(
      `SELECT detail ->> 'percent' AS percent FROM platform.audit_entry WHERE target = '${budgetId}' ORDER BY id`,
    );
    expect(audited.map(({ percent }) => percent).sort()).toEqual(['100', '50', '80', '80']);
    const metrics = await (await fetch(`${world.accounting.url}/metrics`)).text();
    const all = await world.accounting.sql<Record<string, unknown>>(
      `SELECT count(*)::int AS count FROM budget_crossing WHERE percent = 80`,
    );
    expect(metrics).toMatch(new RegExp(`tollgate_budget_crossings\\{percent="80",[^}]*\\} ${all[0]?.['count']}\\n`));
  });

  it('cross once among 100 parallel spends', async () => {
    await setBudget(world.accounting, world.alice, world.from, '100', { enforcement: 'SOFT', thresholds: [10, 90] });
    await Promise.all(Array.from({ length: 100 }, () => pay('1')));
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([10, 90]);
  });

  it('that are reached when a budget is set are reported then, and not again when it is replaced', async () => {
    await pay('60');
    await setBudget(world.accounting, world.alice, world.from, '100');
    expect(await first()).toMatchObject({ spent: { amount: '60' } });
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50]);
    await setBudget(world.accounting, world.alice, world.from, '110', { name: 'Mine' });
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50]);
    await setBudget(world.accounting, world.alice, world.from, '70');
    expect(await crossedOf(world.accounting, world.alice, world.from)).toEqual([50, 80]);
    expect(await budgetsOf(world.accounting, world.alice, world.from)).toHaveLength(1);
  });

  it('come in pages', async () => {
    await setBudget(world.accounting, world.alice, world.from, '100', {
      enforcement: 'SOFT',
      thresholds: [10, 20, 30],
    });
    await pay('40');
    const page = (after: string | null, size = 2) =>
      world.accounting.call<{
        account: { budgets: { crossings: { nodes: object[]; pageInfo: { endCursor: string } } }[] };
      }>(
        `query ($id: ID!, $after: String, $size: Int) { account(id: $id) { budgets { crossings(first: $size, after: $after) {
           nodes { percent } pageInfo { hasNextPage endCursor } } } } }`,
        { id: world.from, after, size },
        as(world.alice),
      );
    const one = (await page(null)).data?.account.budgets[0]?.crossings;
    expect(one).toMatchObject({ nodes: [{ percent: 30 }, { percent: 20 }], pageInfo: { hasNextPage: true } });
    const two = (await page(one?.pageInfo.endCursor ?? '')).data?.account.budgets[0]?.crossings;
    expect(two).toMatchObject({ nodes: [{ percent: 10 }], pageInfo: { hasNextPage: false } });
    for (const after of ['x', Buffer.from('["x"]').toString('base64url')]) {
      expect((await page(after)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await page(null, 101)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

/** The largest transfer from the account of the test. */
async function largest(): Promise<string> {
  const rows = await world.accounting.sql<Record<string, unknown>>(
    `SELECT transfer_id AS id FROM journal_entry WHERE debit_id = '${world.from}' AND kind = 'TRANSFER' ORDER BY amount DESC LIMIT 1`,
  );
  return String(rows[0]?.['id']);
}
