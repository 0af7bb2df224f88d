import { describe, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { budgetsOf, setBudget, spend } from '../budgetSupport.js';
import { as, moneyWorld } from '../moneyWorld.js';
import { idOf } from '../support.js';

const world = moneyWorld('1000');
const pay = (amount: string) => spend(world.accounting, world.alice, world.from, world.to, amount);

describe('setBudget', () => {
  const refusal = async (amount: string, more: object = {}, accountId = world.from) =>
    (await setBudget(world.accounting, world.alice, accountId, amount, more)).payload?.refusal;

  it('refuses what cannot be a budget', async () => {
    const cases: [string, object, string, string[] | undefined][] = [
      ['0', {}, 'AMOUNT_NOT_POSITIVE', ['limit', 'amount']],
      ['1.0000001', {}, 'AMOUNT_TOO_PRECISE', ['limit', 'amount']],
      ['1000000000001', {}, 'AMOUNT_TOO_LARGE', ['limit', 'amount']],
      ['1', { limit: { amount: '1', unit: 'GOLD' } }, 'UNIT_MISMATCH', undefined],
      ['1', { scope: 'GROUP' }, 'INVALID_INPUT', ['scope']],
      ['1', { scope: 'MEMBER' }, 'INVALID_INPUT', ['memberId']],
      ['1', { memberId: world.alice.userId }, 'INVALID_INPUT', ['memberId']],
      ['1', { period: 'WINDOW' }, 'INVALID_INPUT', ['endsAt']],
      ['1', { startsAt: '2026-01-01T00:00:00Z' }, 'INVALID_INPUT', ['startsAt']],
      ['1', { thresholds: [50, 50] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { thresholds: [0] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { thresholds: [1001] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { name: '' }, 'INVALID_INPUT', ['name']],
    ];
    for (const [amount, more, code, path] of cases) {
      expect(await refusal(amount, more), JSON.stringify(more)).toMatchObject(
        path === undefined ? { code } : { code, path },
      );
    }
    expect(await budgetsOf(world.accounting, world.alice, world.from)).toEqual([]);
    expect(
      (await setBudget(world.accounting, world.accounting.operator, wellKnown.accountIssuance, '1')).payload?.refusal
        ?.code,
    ).toBe('ACCOUNT_KIND_FIXED');
  });

  it('removes a budget, and is done where there is none; doing it again leaves one audit entry', async () => {
    for (const amount of ['1', '1', ''])
      idOf(await setBudget(world.accounting, world.alice, world.from, amount), 'account');
    idOf(await setBudget(world.accounting, world.alice, world.from, ''), 'account');
    expect(await budgetsOf(world.accounting, world.alice, world.from)).toEqual([]);
    expect(await pay('2')).toBe('DONE');
    const audited = await world.accounting.sql<Record<string, unknown>>(
      `SELECT 1 FROM platform.audit_entry WHERE action = 'setBudget' AND target = '${world.from}' AND outcome = 'OK'`,
    );
    expect(audited).toHaveLength(2);
  });

  it('keeps days, months and windows apart, all of them in UTC and half-open', async () => {
    const now = Date.now();
    const window = {
      startsAt: new Date(now - 3_600_000).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
    };
    const past = { startsAt: new Date(now - 7_200_000).toISOString(), endsAt: new Date(now - 3_600_000).toISOString() };
    await setBudget(world.accounting, world.alice, world.from, '10');
    await setBudget(world.accounting, world.alice, world.from, '20', { period: 'MONTH' });
    await setBudget(world.accounting, world.alice, world.from, '5', { period: 'WINDOW', ...window });
    await setBudget(world.accounting, world.alice, world.from, '1', { period: 'WINDOW', ...past });
    expect(await pay('6')).toBe('LIMIT_EXCEEDED');
    expect(await pay('5')).toBe('DONE');
    await setBudget(world.accounting, world.alice, world.from, '', { period: 'WINDOW', ...window });
    expect(await pay('6')).toBe('LIMIT_EXCEEDED');
    expect(await pay('5')).toBe('DONE');
    const spent = (await budgetsOf(world.accounting, world.alice, world.from)).map((budget) => [
      budget.period,
      budget.startsAt.slice(7),
      budget.spent.amount,
    ]);
    const day = new Date().toISOString().slice(7, 10);
    expect(spent).toEqual([
      ['DAY', `${day}T00:00:00.000Z`, '10'],
      ['MONTH', '-01T00:00:00.000Z', '10'],
      ['WINDOW', past.startsAt.slice(7), '0'],
    ]);
  });

  it('has at most 100 budgets for an account', async () => {
    for (let hour = 0; hour < 100; hour += 1) {
      const at = (more: number) => new Date(Date.UTC(2030, 0, 1, hour + more)).toISOString();
      idOf(
        await setBudget(world.accounting, world.alice, world.from, '1', {
          period: 'WINDOW',
          startsAt: at(0),
          endsAt: at(1),
        }),
        'account',
      );
    }
    expect(await refusal('1')).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'budgets' });
  });

  it('is not for a closed account', async () => {
    const empty = await world.accounting.accountWith(world.alice, '0');
    await world.accounting.mutate(
      'closeAccount',
      { idempotencyKey: undefined, accountId: empty },
      'account { id }',
      as(world.alice),
    );
    expect(await refusal('1', {}, empty)).toMatchObject({ code: 'ACCOUNT_CLOSED' });
  });
});
