import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { budgetsOf, groupAccountWith, join, setBudget, spend } from '../budgetSupport.js';
import { moneyWorld } from '../moneyWorld.js';
import { credit, idOf, type TestPerson } from '../support.js';

const world = moneyWorld('1000');

describe('budgets of a group', () => {
  let admin: TestPerson;
  let second: TestPerson;
  let member: TestPerson;
  let groupId: string;
  let lab: string;
  let other: string;
  beforeAll(async () => {
    [admin, second, member] = [
      await world.accounting.newPerson(),
      await world.accounting.newPerson(),
      await world.accounting.newPerson(),
    ];
  });
  beforeEach(async () => {
    groupId = newId('group');
    await join(world.accounting, admin, 'ADMIN', groupId);
    await join(world.accounting, second, 'ADMIN', groupId);
    await join(world.accounting, member, 'MEMBER', groupId);
    lab = await groupAccountWith(world.accounting, admin, groupId, '1000');
    other = await groupAccountWith(world.accounting, admin, groupId, '1000');
  });

  it('count what fills an escrow that the group holds itself, also when it is extended, and what comes back', async () => {
    await setBudget(world.accounting, admin, lab, '40', { scope: 'GROUP', period: 'MONTH' });
    await setBudget(world.accounting, admin, lab, '30', { scope: 'MEMBER', memberId: admin.userId });
    const grantId = newId('grant');
    const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    const through = { as: 'access' as const, token: await admin.actingAs('access') };
    const open = (amount: string) => {
      const wish = { grantId, holderId: groupId, payerAccountId: lab, payeeAccountId: wellKnown.accountRevenueLocal };
      const terms = { amount: credit(amount), holdExpiresInSeconds: 600, startsAt: at(-1), endsAt: at(600) };
      return world.accounting.mutate('openEscrow', { ...wish, ...terms }, 'account { id } hold { id }', through);
    };
    const used = async () =>
      Object.fromEntries(
        (await budgetsOf(world.accounting, admin, lab)).map(({ scope, spent, held }) => [
          scope,
          [spent.amount, held.amount],
        ]),
      );
    expect((await open('40.000001')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const opened = await open('20');
    const capture = { holdId: idOf(opened, 'hold'), amount: credit('20') };
    idOf(await world.accounting.mutate('captureHold', capture, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await used()).toEqual({ GROUP: ['20', '0'], MEMBER: ['20', '0'] });
    const extend = (amount: string) => {
      const wish = { extensionId: newId('extension'), grantId, payerAccountId: lab, endsAt: at(900) };
      const price = { amount: credit(amount), holdExpiresInSeconds: 600 };
      return world.accounting.mutate('extendEscrow', { ...wish, ...price }, 'account { id } hold { id }', through);
    };
    // Within the group's budget, and above what its ADMIN may spend: who asks for it spends it.
    expect((await extend('10.000001')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const more = { holdId: idOf(await extend('10'), 'hold'), amount: credit('10') };
    idOf(await world.accounting.mutate('captureHold', more, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await used()).toEqual({ GROUP: ['30', '0'], MEMBER: ['30', '0'] });
    const ended = { accountId: idOf(opened, 'account'), earnedSoFar: credit('5') };
    idOf(await world.accounting.mutate('closeEscrow', ended, 'refund { id }', { as: 'access' }), 'refund');
    expect(await used()).toEqual({ GROUP: ['5', '0'], MEMBER: ['5', '0'] });
  });

  it('count what all of its accounts spend together, also in parallel, but not what passes between them', async () => {
    await setBudget(world.accounting, admin, lab, '40', { scope: 'GROUP', period: 'MONTH' });
    expect(await spend(world.accounting, admin, lab, other, '500')).toBe('DONE');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, n) => spend(world.accounting, admin, n % 2 === 0 ? lab : other, world.to, '1')),
    );
    expect(outcomes.filter((outcome) => outcome === 'DONE')).toHaveLength(40);
    const late = await groupAccountWith(world.accounting, admin, groupId, '10');
    expect(await spend(world.accounting, admin, late, world.to, '1')).toBe('LIMIT_EXCEEDED');
    for (const id of [lab, other, late]) {
      expect(await budgetsOf(world.accounting, member, id)).toMatchObject([
        { scope: 'GROUP', group: { id: groupId }, spent: { amount: '40' }, name: 'monthly budget of the group' },
      ]);
    }
  });

  it('of one member limit that person alone', async () => {
    await setBudget(world.accounting, admin, lab, '5', { scope: 'MEMBER', memberId: second.userId, name: 'Travel' });
    expect(await spend(world.accounting, second, lab, world.to, '5')).toBe('DONE');
    expect(await spend(world.accounting, second, lab, world.to, '0.1')).toBe('LIMIT_EXCEEDED');
    expect(await spend(world.accounting, second, other, world.to, '6')).toBe('DONE');
    expect(await spend(world.accounting, admin, lab, world.to, '50')).toBe('DONE');
    const input = { debitAccountId: lab, creditAccountId: world.to, amount: credit('1'), reason: 'x' };
    const held = await world.accounting.mutate('placeHold', input, 'hold { id }', {
      as: 'compute',
      token: await second.actingAs('compute'),
    });
    expect(held.payload?.refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: expect.stringContaining('Travel') });
  });

  it('are set by ADMINs and operators; members see those that concern them, strangers nothing', async () => {
    await setBudget(world.accounting, world.accounting.operator, lab, '100');
    await setBudget(world.accounting, admin, lab, '10', { scope: 'MEMBER', memberId: member.userId });
    await setBudget(world.accounting, admin, lab, '10', { scope: 'MEMBER', memberId: second.userId });
    const seen = async (person: TestPerson) =>
      (await budgetsOf(world.accounting, person, lab)).map((budget) => budget.member?.id ?? budget.scope).sort();
    expect(await seen(member)).toEqual(['ACCOUNT', member.userId].sort());
    for (const person of [admin, second, world.accounting.operator]) {
      expect(await seen(person)).toEqual(['ACCOUNT', member.userId, second.userId].sort());
    }
    await expect(budgetsOf(world.accounting, world.bob, lab)).rejects.toThrow();
    expect((await setBudget(world.accounting, member, lab, '1')).fault).toBe('FORBIDDEN');
    expect((await setBudget(world.accounting, world.bob, lab, '1')).fault).toBe('NOT_FOUND');
    await join(world.accounting, second, 'MEMBER', groupId);
    await vi.waitFor(
      async () => expect((await setBudget(world.accounting, second, lab, '1')).fault).toBe('FORBIDDEN'),
      {
        timeout: 10_000,
      },
    );
    expect(await seen(second)).toEqual(['ACCOUNT', second.userId].sort());
    await join(world.accounting, second, 'ADMIN', groupId);
    expect((await setBudget(world.accounting, {}, lab, '1')).fault).toBe('UNAUTHENTICATED');
    expect(
      (await setBudget(world.accounting, { as: 'access', token: await admin.actingAs('access') }, lab, '1')).fault,
    ).toBe('FORBIDDEN');
    expect((await setBudget(world.accounting, world.accounting.operator, newId('account'), '1')).fault).toBe(
      'NOT_FOUND',
    );
  });
});
