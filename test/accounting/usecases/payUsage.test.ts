import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { budgetsOf, crossedOf, groupAccountWith, join, setBudget, spend } from '../budgetSupport.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';
import { inShort, newCluster, postedOn, record, send, type TestCluster } from '../usageSupport.js';

let accounting: AccountingHarness;
let cluster: TestCluster;
let alice: TestPerson;
let bob: TestPerson;
let account: string;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
beforeEach(async () => {
  account = await accounting.accountWith(alice, '2');
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const use = (hours: number, more: object = {}) =>
  send(accounting, cluster, [
    record(randomUUID(), { user: alice.userId, account, cpuSeconds: String(hours * 3_600), ...more }),
  ]);
const deposit = (amount: string, accountId = account) =>
  accounting.mutate(
    'deposit',
    { accountId, amount: credit(amount), description: 'x' },
    'account { id }',
    as(accounting.operator),
  );
const pay = (more: object = {}, person: TestPerson = alice) =>
  accounting.mutate(
    'payUsage',
    { accountId: account, ...more },
    'account { id } paid { amount unit } owed { amount }',
    as(person),
  );
const close = (person: TestPerson = alice, accountId = account) =>
  accounting.mutate('closeAccount', { idempotencyKey: undefined, accountId }, 'account { status }', as(person));

describe('an account that owes for use', () => {
  it('is not closed; the refusal names what is owed, payUsage pays it, and then it is closed', async () => {
    expect(inShort(await use(5.5))).toEqual(['RECORDED 2 owed 3.5']);
    expect((await close()).payload?.refusal).toMatchObject({
      code: 'USAGE_OWED',
      message: expect.stringMatching(/^3\.5 CREDIT are owed for use\. Pay them with payUsage/),
    });
    await deposit('1.5');
    expect((await pay()).payload).toMatchObject({
      account: { id: account },
      paid: { amount: '1.5', unit: 'CREDIT' },
      owed: { amount: '2' },
      refusal: null,
    });
    expect((await pay()).payload).toMatchObject({ paid: { amount: '0' }, owed: { amount: '2' } });
    await deposit('2');
    expect((await pay()).payload).toMatchObject({ paid: { amount: '2' }, owed: { amount: '0' } });
    expect((await close()).payload?.['account']).toEqual({ status: 'CLOSED' });
    expect((await pay()).payload?.refusal?.code).toBe('ACCOUNT_CLOSED');
  });

  it('is paid once by 20 parallel calls, and a repetition tells what the first paid', async () => {
    await use(12);
    await deposit('7');
    const idempotencyKey = randomUUID();
    const first = (await pay({ idempotencyKey })).payload;
    expect(first).toMatchObject({ paid: { amount: '7' }, owed: { amount: '3' } });
    await deposit('3');
    expect((await pay({ idempotencyKey })).payload).toEqual(first);
    const paid = await Promise.all(Array.from({ length: 20 }, () => pay()));
    const amounts = paid.map(({ payload }) => (payload?.['paid'] as { amount: string } | undefined)?.amount).sort();
    expect(amounts).toEqual([...Array<string>(19).fill('0'), '3']);
    expect(await postedOn(accounting, account, alice)).toBe('0');
  });

  it('pays several providers, and lets late holds go for it', async () => {
    await use(3);
    await send(accounting, await newCluster(accounting), [record('x', { account, cpuSeconds: '3600' })]);
    await deposit('2');
    const input = { debitAccountId: account, creditAccountId: await accounting.accountWith(bob, '0') };
    const placed = await accounting.mutate(
      'placeHold',
      { ...input, amount: credit('2'), reason: 'x' },
      'hold { id }',
      as(alice),
    );
    expect((await pay()).payload).toMatchObject({ paid: { amount: '0' }, owed: { amount: '2' } });
    const id = idOf(placed, 'hold');
    await accounting.sql(`UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [id]);
    expect((await pay()).payload).toMatchObject({ paid: { amount: '2' }, owed: { amount: '0' } });
  });

  it('is paid by who may spend from it alone, and not while it is frozen', async () => {
    await use(3);
    expect((await pay({}, bob)).fault).toBe('NOT_FOUND');
    expect((await pay({}, accounting.operator)).fault).toBe('FORBIDDEN');
    expect((await pay({ accountId: newId('account') })).fault).toBe('NOT_FOUND');
    expect((await pay({ idempotencyKey: '' })).payload?.refusal?.code).toBe('INVALID_INPUT');
    const state = { idempotencyKey: undefined, accountId: account };
    await accounting.mutate('freezeAccount', state, 'account { id }', as(accounting.operator));
    expect((await pay()).payload?.refusal?.code).toBe('ACCOUNT_FROZEN');
  });
});

describe('budgets and use', () => {
  it('count use that has happened and never refuse it; spending beyond is refused from then on', async () => {
    await deposit('98');
    await setBudget(accounting, alice, account, '10');
    expect(inShort(await use(12))).toEqual(['RECORDED 12']);
    expect((await budgetsOf(accounting, alice, account))[0]).toMatchObject({
      spent: { amount: '12' },
      remaining: { amount: '-2' },
    });
    expect(await crossedOf(accounting, alice, account)).toEqual([50, 80, 100]);
    const to = await accounting.accountWith(bob, '0');
    expect(await spend(accounting, alice, account, to, '0.000001')).toBe('LIMIT_EXCEEDED');
  });

  it('count each member’s use of a group account, corrections and what is collected later too', async () => {
    const [groupId, admin, member] = [newId('group'), await accounting.newPerson(), await accounting.newPerson()];
    await join(accounting, admin, 'ADMIN', groupId);
    await join(accounting, member, 'MEMBER', groupId);
    const lab = await groupAccountWith(accounting, admin, groupId, '10');
    await setBudget(accounting, admin, lab, '8', { scope: 'MEMBER', memberId: member.userId });
    await setBudget(accounting, admin, lab, '50', { scope: 'MEMBER', memberId: admin.userId });
    const records = [
      record('of-member', { user: member.userId, group: groupId, cpuSeconds: '14400' }),
      record('of-admin', { user: admin.userId, group: groupId, cpuSeconds: '18000' }),
      record('late', { user: member.userId, group: groupId, cpuSeconds: '10800' }),
    ];
    expect(inShort(await send(accounting, cluster, records))).toEqual([
      'RECORDED 4',
      'RECORDED 5',
      'RECORDED 1 owed 2',
    ]);
    expect((await budgetsOf(accounting, member, lab))[0]).toMatchObject({
      scope: 'MEMBER',
      spent: { amount: '5' },
      remaining: { amount: '3' },
    });
    expect(inShort(await send(accounting, cluster, records))).toEqual(['REPLAYED 0', 'REPLAYED 0', 'REPLAYED 0']);
    await deposit('5', lab);
    await pay({ accountId: lab }, admin);
    expect((await budgetsOf(accounting, member, lab))[0]?.spent).toEqual({ amount: '7' });
    // Paying what another used is no use of one's own.
    const spent = (await budgetsOf(accounting, admin, lab)).map((budget) => budget.spent.amount);
    expect(spent.sort()).toEqual(['5', '7']);
    const corrected = record('of-member', { user: member.userId, group: groupId, cpuSeconds: '3600', revision: 1 });
    expect(inShort(await send(accounting, cluster, [corrected]))).toEqual(['RECORDED -3']);
    expect((await budgetsOf(accounting, member, lab))[0]?.spent).toEqual({ amount: '4' });
    expect(await crossedOf(accounting, member, lab)).toEqual([50, 80]);
  });

  it('count a record that a correction gives to somebody else for that person, and no longer for the first', async () => {
    const groupId = newId('group');
    const [admin, first, second] = [
      await accounting.newPerson(),
      await accounting.newPerson(),
      await accounting.newPerson(),
    ];
    await join(accounting, admin, 'ADMIN', groupId);
    for (const person of [first, second]) await join(accounting, person, 'MEMBER', groupId);
    const lab = await groupAccountWith(accounting, admin, groupId, '20');
    const members = [first, second];
    for (const { userId } of members)
      await setBudget(accounting, admin, lab, '10', { scope: 'MEMBER', memberId: userId });
    const spent = async () =>
      Promise.all(members.map(async (person) => (await budgetsOf(accounting, person, lab))[0]?.spent.amount));
    const used = (person: TestPerson, cpuSeconds: string, revision: number) =>
      send(accounting, cluster, [record('moved', { user: person.userId, group: groupId, cpuSeconds, revision })]);
    expect(inShort(await used(first, '18000', 0))).toEqual(['RECORDED 5']);
    expect(await spent()).toEqual(['5', '0']);
    // The same price: nothing is posted, and yet it is another's.
    expect(inShort(await used(second, '18000', 1))).toEqual(['RECORDED 0']);
    expect(await spent()).toEqual(['0', '5']);
    expect(inShort(await used(first, '25200', 2))).toEqual(['RECORDED 2']);
    expect(await spent()).toEqual(['7', '0']);
  });
});

describe('an account that a provider without money owes a refund', () => {
  it('is not closed over it; the refusal says what to do, and what it says helps', async () => {
    const provider = newId('group');
    const admin = await accounting.newPerson();
    await join(accounting, admin, 'ADMIN', provider);
    const poor = newId('account');
    await accounting.sql(
      `INSERT INTO account (id, name, kind, unit, owner_id) VALUES ($1, 'Earnings', 'REVENUE', 'CREDIT', $2)`,
      [poor, provider],
    );
    const other = await newCluster(accounting);
    await accounting.sql('UPDATE rate_card SET payee_id = $1 WHERE cluster_id = $2', [poor, other.clusterId]);
    const report = (hours: number, revision: number) =>
      send(accounting, other, [record('job', { account, cpuSeconds: String(hours * 3_600), revision })]);
    expect(inShort(await report(2, 0))).toEqual(['RECORDED 2']);
    const transfer = (debitAccountId: string, amount: string, person: TestPerson) =>
      accounting.mutate(
        'transfer',
        {
          debitAccountId,
          creditAccountId: wellKnown.accountRevenueLocal,
          amount: credit(amount),
          description: 'Spent',
        },
        'transfer { id }',
        as(person),
      );
    idOf(await transfer(poor, '2', admin), 'transfer');
    expect(inShort(await report(1, 1))).toEqual(['RECORDED 0 owed -1']);

    expect((await close()).payload?.refusal).toMatchObject({
      code: 'USAGE_OWED',
      message: expect.stringMatching(/^1 CREDIT are still to be given back .* pay that into its REVENUE account/),
    });
    expect((await pay()).payload).toMatchObject({ paid: { amount: '0' }, refusal: null });
    expect((await close()).payload?.refusal?.code).toBe('USAGE_OWED');
    await deposit('1', poor);
    expect((await pay()).payload).toMatchObject({ paid: { amount: '-1' }, owed: { amount: '0' } });
    idOf(await transfer(account, '1', alice), 'transfer');
    expect((await close()).payload?.['account']).toEqual({ status: 'CLOSED' });
  });
});
