import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });

describe('transfer', () => {
  const send = (
    debitAccountId: string,
    creditAccountId: string,
    amount: string,
    person: TestPerson,
    more: object = {},
  ) =>
    accounting.mutate(
      'transfer',
      { debitAccountId, creditAccountId, amount: credit(amount), description: 'Lunch', ...more },
      'transfer { id description kind } debit { id balance { posted { amount } } } credit { id name }',
      as(person),
    );

  it('sends money; of the other’s account only id and name are shown', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    const sent = await send(from, to, '40.000001', alice);
    expect(sent.payload).toMatchObject({
      transfer: { description: 'Lunch', kind: 'TRANSFER' },
      debit: { id: from, balance: { posted: { amount: '59.999999' } } },
      credit: { id: to, name: 'Test' },
    });
    const id = idOf(sent, 'transfer');
    const query = `query ($id: ID!) { transfer(id: $id) { credit { id name kind unit status owner { __typename } balance { posted { amount } } } } }`;
    const seen = await accounting.call<{ transfer: { credit: object } }>(query, { id }, as(alice));
    expect(seen.data?.transfer.credit).toEqual({
      id: to,
      name: 'Test',
      kind: null,
      unit: null,
      status: null,
      owner: null,
      balance: null,
    });
    expect(new Set(seen.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['NOT_FOUND']));
    expect((await accounting.call(query, { id }, as(bob))).errors).toEqual([]);
  });

  it('refuses with the exact shortfall', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    expect((await send(from, to, '100.5', alice)).payload?.refusal).toMatchObject({
      __typename: 'InsufficientFunds',
      code: 'INSUFFICIENT_FUNDS',
      shortfall: { amount: '0.5', unit: 'CREDIT' },
      available: { amount: '100' },
      account: { id: from, name: 'Test' },
    });
  });

  it('spends from one’s own account only', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    expect((await send(from, to, '1', bob)).fault).toBe('NOT_FOUND');
    expect((await send(newId('account'), to, '1', bob)).fault).toBe('NOT_FOUND');
    expect((await send(newId('hold'), to, '1', bob)).fault).toBe('NOT_FOUND');
    expect((await send(from, newId('account'), '1', alice)).fault).toBe('NOT_FOUND');
    expect((await send(from, 'x', '1', alice)).fault).toBe('NOT_FOUND');
    expect((await send(from, to, '1', accounting.operator)).fault).toBe('FORBIDDEN');
    const weak = {
      ...alice,
      token: await accounting.identity.issueToken({ subject: alice.userId, scopes: ['storage:read'] }),
    };
    expect((await send(from, to, '1', weak)).fault).toBe('FORBIDDEN');
    const input = { debitAccountId: from, creditAccountId: to, amount: credit('1'), description: 'x' };
    const acting = { as: 'access', token: await alice.actingAs('access') } as const;
    expect((await accounting.mutate('transfer', input, 'transfer { id }', acting)).fault).toBe('FORBIDDEN');
    expect((await send(from, from, '1', alice)).payload?.refusal?.code).toBe('ACCOUNTS_MUST_DIFFER');
    expect((await send(from, wellKnown.accountIssuance, '1', alice)).payload?.refusal?.code).toBe(
      'ACCOUNT_TAKES_NO_TRANSFERS',
    );
    expect((await accounting.balanceOf(from, alice)).posted).toBe('100');
  });

  it('takes effectiveAt from operators alone, on accounts of their own: EFFECTIVE_AT_OUT_OF_RANGE', async () => {
    const mine = await accounting.accountWith(accounting.operator, '5');
    const from = await accounting.accountWith(alice, '5');
    const at = (days: number, extraMs = 0) => ({
      effectiveAt: new Date(Date.now() - days * 86_400_000 + extraMs).toISOString(),
    });
    expect((await send(from, mine, '1', alice, at(1))).fault).toBe('FORBIDDEN');
    expect((await send(from, mine, '1', accounting.operator, at(1))).fault).toBe('FORBIDDEN');
    const back = at(366, 60_000);
    const id = idOf(await send(mine, from, '1', accounting.operator, back), 'transfer');
    const query = 'query ($id: ID!) { transfer(id: $id) { effectiveAt recordedAt } }';
    const seen = await accounting.call<{ transfer: { effectiveAt: string; recordedAt: string } }>(
      query,
      { id },
      as(alice),
    );
    expect(seen.data?.transfer.effectiveAt).toBe(back.effectiveAt);
    expect(Date.now() - Date.parse(seen.data?.transfer.recordedAt ?? '')).toBeLessThan(60_000);
    for (const wrong of [at(366, -60_000), at(0, 60_000), { effectiveAt: '1970-01-01T00:00:00Z' }]) {
      const refused = await send(mine, from, '1', accounting.operator, wrong);
      expect(refused.payload?.refusal?.code).toBe('EFFECTIVE_AT_OUT_OF_RANGE');
    }
    const verified = await accounting.call('{ verifyLedger { sound } }', {}, as(accounting.operator));
    expect(verified.data).toEqual({ verifyLedger: { sound: true } });
    expect(await accounting.balanceOf(mine, accounting.operator)).toMatchObject({ posted: '4' });
  });

  it('has one effect for one key 50 times in parallel', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(from, to, '1', alice, { idempotencyKey: 'fifty' })),
    );
    expect(new Set(answers.map((answer) => idOf(answer, 'transfer'))).size).toBe(1);
    expect((await accounting.balanceOf(to, bob)).posted).toBe('1');
  });
});
