import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let admin: TestPerson;
let member: TestPerson;
let stranger: TestPerson;
const groupId = newId('group');
const access = { as: 'access' } as const;
const as = (person: TestPerson) => ({ token: person.token });

const OPEN = 'account { id kind owner { __typename ... on Group { id } } }';
const open = (owner: object, person: TestPerson) =>
  accounting.mutate('openAccount', { owner, name: 'Group money', unit: 'CREDIT' }, OPEN, as(person));
const listed = async (of: string, person: TestPerson) => {
  const answer = await accounting.call<{ _entities: { accounts: { nodes: { id: string }[] } | null }[] }>(
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Group { accounts { nodes { id } } } } }`,
    { r: [{ __typename: 'Group', id: of }] },
    as(person),
  );
  return answer.data?._entities[0]?.accounts?.nodes.map(({ id }) => id) ?? answer.errors[0]?.extensions.code;
};
/** Gives a person a role, and waits until accounting has it. */
async function join(person: TestPerson, state: 'MEMBER' | 'ADMIN' | 'NONE', group = groupId): Promise<void> {
  const sees = async () => typeof (await listed(group, person)) !== 'string';
  accounting.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(group, person.userId), state });
  await vi.waitFor(async () => expect(await sees()).toBe(state !== 'NONE'), { timeout: 10_000 });
}
async function groupAccountWith(amount: string): Promise<string> {
  const id = idOf(await open({ groupId }, admin), 'account');
  const input = { accountId: id, amount: credit(amount), description: 'Grant' };
  await accounting.mutate('deposit', input, 'transfer { id }', as(accounting.operator));
  return id;
}
const transfer = (debitAccountId: string, creditAccountId: string, person: TestPerson, amount = '1') =>
  accounting.mutate(
    'transfer',
    { debitAccountId, creditAccountId, amount: credit(amount), description: 'x' },
    'transfer { id }',
    as(person),
  );

beforeAll(async () => {
  accounting = await startAccountingHarness();
  [admin, member, stranger] = [
    await accounting.newPerson(),
    await accounting.newPerson(),
    await accounting.newPerson(),
  ];
  await join(admin, 'ADMIN');
  await join(member, 'MEMBER');
});
afterAll(async () => {
  await accounting.stop();
});

describe('openAccount for a group', () => {
  it('is for its ADMINs', async () => {
    const opened = await open({ groupId }, admin);
    expect(opened.payload?.['account']).toMatchObject({ kind: 'GROUP', owner: { __typename: 'Group', id: groupId } });
    expect((await open({ groupId }, member)).fault).toBe('FORBIDDEN');
    expect((await open({ groupId }, accounting.operator)).fault).toBe('FORBIDDEN');
    for (const unknown of [groupId, newId('group'), newId('user'), '', 'x\0']) {
      expect((await open({ groupId: unknown }, stranger)).fault).toBe('NOT_FOUND');
    }
    expect((await open({ groupId: 'nonsense' }, accounting.operator)).fault).toBe('NOT_FOUND');
    const both = await open({ groupId, userId: admin.userId }, admin);
    expect(both.payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['owner'] });
  });
});

describe('a group account', () => {
  it('is seen by members and operators, with its entries and holds, and by nobody else', async () => {
    const id = await groupAccountWith('10');
    const other = await accounting.accountWith(stranger, '0');
    await accounting.mutate(
      'placeHold',
      { debitAccountId: id, creditAccountId: other, amount: credit('2'), reason: 'x' },
      'hold { id }',
      as(admin),
    );
    const query = `query ($id: ID!) { account(id: $id) { kind balance { available { amount } }
      entries { nodes { amount { amount } } } holds { nodes { remaining { amount } credit { id name } } } } }`;
    for (const person of [admin, member, accounting.operator]) {
      const { data, errors } = await accounting.call(query, { id }, as(person));
      expect(errors).toEqual([]);
      expect(data).toEqual({
        account: {
          kind: 'GROUP',
          balance: { available: { amount: '8' } },
          entries: { nodes: [{ amount: { amount: '10' } }] },
          holds: { nodes: [{ remaining: { amount: '2' }, credit: { id: other, name: 'Test' } }] },
        },
      });
      expect(await listed(groupId, person)).toContain(id);
    }
    expect((await accounting.call(query, { id }, as(stranger))).errors[0]?.extensions.code).toBe('NOT_FOUND');
    expect(await listed(groupId, stranger)).toBe('NOT_FOUND');
  });

  it('is spent from by ADMINs: transfers and holds; by nobody else', async () => {
    const id = await groupAccountWith('10');
    const mine = await accounting.accountWith(member, '0');
    const hold = (person: TestPerson) =>
      accounting.mutate(
        'placeHold',
        { debitAccountId: id, creditAccountId: mine, amount: credit('1'), reason: 'x' },
        'hold { id }',
        as(person),
      );
    expect((await transfer(id, mine, admin)).payload?.refusal).toBeNull();
    expect((await hold(admin)).payload?.refusal).toBeNull();
    for (const attempt of [transfer(id, mine, member), hold(member), transfer(id, mine, accounting.operator)]) {
      expect((await attempt).fault).toBe('FORBIDDEN');
    }
    expect((await transfer(id, mine, stranger)).fault).toBe('NOT_FOUND');
    expect((await hold(stranger)).fault).toBe('NOT_FOUND');
    expect(await accounting.balanceOf(id, member)).toMatchObject({ posted: '9', held: '1' });
  });

  it('settles the holds for it through ADMINs', async () => {
    const id = await groupAccountWith('0.5');
    const from = await accounting.accountWith(stranger, '10');
    const input = { debitAccountId: from, creditAccountId: id, amount: credit('4'), reason: 'x' };
    const holdId = idOf(await accounting.mutate('placeHold', input, 'hold { id }', as(stranger)), 'hold');
    const capture = (person: TestPerson) =>
      accounting.mutate('captureHold', { holdId, amount: credit('4') }, 'receipt { id }', as(person));
    expect((await capture(member)).fault).toBe('FORBIDDEN');
    expect((await capture(admin)).payload?.refusal).toBeNull();
  });

  it('is closed to who is put out or loses the role', async () => {
    const id = await groupAccountWith('5');
    const mine = await accounting.accountWith(stranger, '0');
    const leaver = await accounting.newPerson();
    await join(leaver, 'ADMIN');
    expect((await transfer(id, mine, leaver)).payload?.refusal).toBeNull();
    accounting.identity.publish({
      kind: 'MEMBERSHIP',
      subject: membershipSubject(groupId, leaver.userId),
      state: 'MEMBER',
    });
    await vi.waitFor(async () => expect((await transfer(id, mine, leaver)).fault).toBe('FORBIDDEN'), {
      timeout: 10_000,
    });
    await join(leaver, 'NONE');
    expect((await transfer(id, mine, leaver)).fault).toBe('NOT_FOUND');
    // Also after a restart, from what the database keeps.
    await accounting.restart();
    expect((await transfer(id, mine, leaver)).fault).toBe('NOT_FOUND');
    expect((await transfer(id, mine, admin)).payload?.refusal).toBeNull();
  });
});

describe('a removal while 50 transfers are in flight', () => {
  it('lets each be done or refused, and none after it', async () => {
    const id = await groupAccountWith('50');
    const mine = await accounting.accountWith(stranger, '0');
    const leaver = await accounting.newPerson();
    await join(leaver, 'ADMIN');
    const inFlight = Array.from({ length: 50 }, () => transfer(id, mine, leaver));
    await join(leaver, 'NONE');
    const outcomes = (await Promise.all(inFlight)).map(
      ({ payload, fault }) => fault ?? payload?.refusal?.code ?? 'DONE',
    );
    expect(outcomes.filter((outcome) => !['DONE', 'NOT_FOUND', 'FORBIDDEN'].includes(outcome))).toEqual([]);
    const done = outcomes.filter((outcome) => outcome === 'DONE').length;
    expect((await transfer(id, mine, leaver)).fault).toBe('NOT_FOUND');
    expect((await accounting.balanceOf(id, admin)).posted).toBe(String(50 - done));
  });
});

describe("a provider's REVENUE account", () => {
  it('is seen and spent from by its ADMINs, with its invoices; by no member', async () => {
    const { groupLocal, accountRevenueLocal } = wellKnown;
    const [boss, clerk, customer] = [
      await accounting.newPerson(),
      await accounting.newPerson(),
      await accounting.newPerson(),
    ];
    await join(boss, 'ADMIN', groupLocal);
    await join(clerk, 'MEMBER', groupLocal);
    const from = await accounting.accountWith(customer, '10');
    const opened = await accounting.mutate(
      'openEscrow',
      {
        grantId: newId('grant'),
        holderId: customer.userId,
        payerAccountId: from,
        payeeAccountId: accountRevenueLocal,
        amount: credit('10'),
        holdExpiresInSeconds: 600,
        startsAt: new Date(Date.now() - 1_000).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
      },
      'hold { id }',
      { ...access, token: await customer.actingAs('access') },
    );
    const lines = [{ description: 'Disk', quantity: '1', unitPrice: credit('10'), amount: credit('10') }];
    const issued = await accounting.mutate(
      'issuePrepayment',
      { holdId: idOf(opened, 'hold'), lines },
      'invoice { id }',
      access,
    );
    const invoice = 'query ($id: ID!) { invoice(id: $id) { total { amount } payer { id } } }';
    const id = idOf(issued, 'invoice');
    expect((await accounting.call(invoice, { id }, as(boss))).data).toMatchObject({
      invoice: { total: { amount: '10' }, payer: { id: from } },
    });
    expect((await accounting.call(invoice, { id }, as(clerk))).errors[0]?.extensions.code).toBe('NOT_FOUND');

    await transfer(await accounting.accountWith(customer, '3'), accountRevenueLocal, customer, '3');
    expect((await accounting.balanceOf(accountRevenueLocal, boss)).posted).toBe('3');
    expect(await listed(groupLocal, boss)).toEqual([accountRevenueLocal]);
    expect(await listed(groupLocal, clerk)).toEqual([]);
    const account = 'query ($id: ID!) { account(id: $id) { id } }';
    const seen = await accounting.call(account, { id: accountRevenueLocal }, as(clerk));
    expect(seen.errors[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await transfer(accountRevenueLocal, from, clerk)).fault).toBe('NOT_FOUND');
    expect((await transfer(accountRevenueLocal, from, boss)).payload?.refusal).toBeNull();
  });
});
