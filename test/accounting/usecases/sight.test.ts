import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, credit, startAccountingHarness, type TestPerson } from '../support.js';

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

describe('who sees what', () => {
  it('shows an account to its owner and to operators, and to nobody else', async () => {
    const id = await accounting.accountWith(alice, '1');
    const query = 'query ($id: ID!) { account(id: $id) { id balance { posted { amount } } } }';
    expect((await accounting.call(query, { id }, as(alice))).errors).toEqual([]);
    expect((await accounting.call(query, { id }, as(accounting.operator))).errors).toEqual([]);
    for (const unknown of [id, newId('account'), newId('hold'), '', 'x'.repeat(5_000), 'a\0']) {
      const answer = await accounting.call(query, { id: unknown }, as(bob));
      expect(answer.data).toEqual({ account: null });
      expect(answer.errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
    expect((await accounting.call(query, { id })).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('resolves entities by key, batched, and leaves out what may not be seen', async () => {
    const mine = await accounting.accountWith(alice, '1');
    const others = await accounting.accountWith(bob, '1');
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { id unit } ... on User { id accounts { nodes { id } } } } }`;
    const r = [
      { __typename: 'Account', id: mine },
      { __typename: 'Account', id: others },
      { __typename: 'Account', id: 'nonsense' },
      { __typename: 'User', id: bob.userId },
    ];
    const answer = await accounting.call<{ _entities: object[] }>(query, { r }, as(alice));
    expect(answer.data?._entities).toEqual([
      { id: mine, unit: 'CREDIT' },
      null,
      null,
      { id: bob.userId, accounts: null },
    ]);
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  });

  it('pages accounts and entries, stable under inserts', async () => {
    const carol = await accounting.newPerson();
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.push(await accounting.accountWith(carol, '0'));
    const accounts = `query ($id: ID!, $after: String) { _entities(representations: [{ __typename: "User", id: $id }]) {
      ... on User { accounts(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`;
    const page = async (after: string | null) => {
      const answer = await accounting.call<{
        _entities: { accounts: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }[];
      }>(accounts.replace('$id: ID!, ', '').replace('id: $id', `id: "${carol.userId}"`), { after }, as(carol));
      return answer.data?._entities[0]?.accounts;
    };
    const first = await page(null);
    expect(first).toMatchObject({ nodes: [{ id: ids[0] }, { id: ids[1] }], pageInfo: { hasNextPage: true } });
    expect(await page(first?.pageInfo.endCursor ?? '')).toMatchObject({
      nodes: [{ id: ids[2] }],
      pageInfo: { hasNextPage: false },
    });

    const [id = ''] = ids;
    const other = await accounting.accountWith(bob, '10');
    for (const amount of ['1', '2', '3']) {
      const input = { debitAccountId: other, creditAccountId: id, amount: credit(amount), description: amount };
      await accounting.mutate('transfer', input, 'transfer { id }', as(bob));
    }
    const entries = `query ($id: ID!, $after: String) { account(id: $id) { entries(first: 2, after: $after) {
      nodes { amount { amount } balanceAfter { amount } transfer { description } } pageInfo { hasNextPage endCursor } } } }`;
    type Page = { account: { entries: { nodes: object[]; pageInfo: { endCursor: string; hasNextPage: boolean } } } };
    const newest = await accounting.call<Page>(entries, { id }, as(carol));
    expect(newest.data?.account.entries).toMatchObject({
      nodes: [
        { amount: { amount: '3' }, balanceAfter: { amount: '6' } },
        { amount: { amount: '2' }, balanceAfter: { amount: '3' } },
      ],
      pageInfo: { hasNextPage: true },
    });
    const after = newest.data?.account.entries.pageInfo.endCursor;
    const oldest = await accounting.call<Page>(entries, { id, after }, as(carol));
    expect(oldest.data?.account.entries.nodes).toMatchObject([
      { amount: { amount: '1' }, balanceAfter: { amount: '1' } },
    ]);
    const sent = await accounting.call<Page>(entries, { id: other }, as(bob));
    expect(sent.data?.account.entries.nodes[0]).toMatchObject({
      amount: { amount: '-3' },
      balanceAfter: { amount: '4' },
    });
    for (const forged of [
      'x',
      Buffer.from('["x"]').toString('base64url'),
      Buffer.from('["1","2"]').toString('base64url'),
    ]) {
      const answer = await accounting.call(entries, { id, after: forged }, as(carol));
      expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  it('verifies the ledger for operators', async () => {
    const query = '{ verifyLedger { sound checked brokenAt detail } }';
    expect((await accounting.call(query, {}, as(accounting.operator))).data).toMatchObject({
      verifyLedger: { sound: true, checked: expect.stringMatching(/^[1-9][0-9]*$/), brokenAt: null, detail: null },
    });
    expect((await accounting.call(query, {}, as(alice))).errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await accounting.call(query)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('a restart', () => {
  it('keeps balances, keys and receipts', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    const input = {
      idempotencyKey: 'restart',
      debitAccountId: from,
      creditAccountId: to,
      amount: credit('4'),
      description: 'x',
    };
    const first = await accounting.mutate('transfer', input, 'transfer { id entryHash }', as(alice));
    const keysOf = async () => {
      const text = await (await fetch(`${accounting.url}/.well-known/tollgate-receipts.json`)).text();
      return createHash('sha256').update(text).digest('hex');
    };
    const keys = await keysOf();
    await accounting.restart();
    expect(await accounting.mutate('transfer', input, 'transfer { id entryHash }', as(alice))).toEqual(first);
    expect(await keysOf()).toBe(keys);
    expect((await accounting.balanceOf(to, bob)).posted).toBe('4');
  });
});
