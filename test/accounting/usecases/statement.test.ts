import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { formatMicros, parseMicros } from '../../../platform/kernel/money.js';
import type { Answer } from '../../support/subgraph.js';
import { readDocument } from '../documents.js';
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
const micros = (amount: string): bigint => {
  const read = parseMicros(amount, []);
  if (!read.ok) throw new Error('no amount');
  return read.value;
};

async function send(debitAccountId: string, creditAccountId: string, amount: string, description = 'Test') {
  const input = { debitAccountId, creditAccountId, amount: credit(amount), description };
  const sent = await accounting.mutate('transfer', input, 'transfer { id recordedAt }', as(alice));
  return sent.payload?.['transfer'] as { readonly id: string; readonly recordedAt: string };
}

interface Read {
  readonly account: {
    readonly statement: {
      readonly from: string | null;
      readonly to: string | null;
      readonly opening: { readonly amount: string };
      readonly closing: { readonly amount: string };
      readonly entries: {
        readonly nodes: readonly { readonly amount: { readonly amount: string } }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    };
  } | null;
}

const STATEMENT = `query ($id: ID!, $from: DateTime, $to: DateTime, $first: Int, $after: String) { account(id: $id) {
  statement(from: $from, to: $to) { from to opening { amount } closing { amount }
    entries(first: $first, after: $after) { nodes { amount { amount } balanceAfter { amount } transfer { id } }
      pageInfo { hasNextPage endCursor } } } } }`;

const sumOf = (amounts: readonly string[]): string =>
  formatMicros(amounts.reduce((sum, amount) => sum + micros(amount), 0n));

describe('Account.balanceAt', () => {
  it('shows what was there at the time a transfer shows, and just before it', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    const { recordedAt } = await send(from, to, '30.5');
    const query = `query ($id: ID!, $at: DateTime!) { account(id: $id) {
      balanceAt(at: $at) { posted { amount unit } held { amount } incoming { amount } available { amount } }
      counted: balanceAt(at: $at, basis: EFFECTIVE) { posted { amount } } } }`;
    const read = async (at: string, person = alice, id = from) =>
      (
        await accounting.call<{ account: Record<string, { posted: { amount: string } }> }>(
          query,
          { id, at },
          as(person),
        )
      ).data?.account;
    expect(await read(recordedAt)).toMatchObject({
      balanceAt: {
        posted: { amount: '69.5', unit: 'CREDIT' },
        held: { amount: '0' },
        incoming: { amount: '0' },
        available: { amount: '69.5' },
      },
      counted: { posted: { amount: '69.5' } },
    });
    expect(await read('1999-12-31T00:00:00Z')).toMatchObject({ balanceAt: { posted: { amount: '0' } } });
    expect(await read('9999-12-31T23:59:59-05:00')).toMatchObject({ balanceAt: { posted: { amount: '69.5' } } });
    const stranger = await accounting.call(query, { id: from, at: recordedAt }, as(bob));
    expect(stranger.errors[0]?.extensions.code).toBe('NOT_FOUND');
    const wrong = await accounting.call(query, { id: from, at: 'yesterday' }, as(alice));
    expect(wrong.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('Account.entries(from, to)', () => {
  it('shows what was recorded in the half-open window', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    await send(from, to, '1');
    const second = await send(from, to, '2');
    const query = `query ($id: ID!, $from: DateTime, $to: DateTime) { account(id: $id) {
      entries(from: $from, to: $to) { nodes { transfer { recordedAt } } } } }`;
    type Page = { account: { entries: { nodes: { transfer: { recordedAt: string } }[] } } };
    const times = async (window: object) =>
      (await accounting.call<Page>(query, { id: from, ...window }, as(alice))).data?.account.entries.nodes.map(
        ({ transfer }) => transfer.recordedAt,
      ) ?? [];
    const all = await times({});
    expect(all).toHaveLength(3);
    const at = second.recordedAt;
    expect(await times({ from: at })).toEqual(all.filter((time) => time >= at));
    expect(await times({ to: at })).toEqual(all.filter((time) => time < at));
    const reversed = await accounting.call(query, { id: from, from: at, to: '2000-01-01T00:00:00Z' }, as(alice));
    expect(reversed.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('Account.statement', () => {
  it('adds up for any window, page by page, while writes go on', async () => {
    const id = await accounting.accountWith(alice, '1000');
    const other = await accounting.accountWith(bob, '0');
    const sent: { recordedAt: string }[] = [];
    for (let n = 1; n <= 12; n += 1) sent.push(await send(id, other, `${n}.000001`));
    const ends = [null, '2000-01-01T00:00:00Z', ...sent.map(({ recordedAt }) => recordedAt), '2999-01-01T00:00:00Z'];
    let isReading = true;
    const writing = (async () => {
      while (isReading) await send(id, other, '0.000007');
    })();
    for (const [n, from] of ends.entries()) {
      for (const to of ends.slice(n)) {
        const amounts: string[] = [];
        let first: NonNullable<Read['account']>['statement'] | undefined;
        let after: string | null = null;
        for (;;) {
          const variables: Record<string, unknown> = { id, from, to: to ?? null, first: 5, after };
          const answer: Answer<Read> = await accounting.call<Read>(STATEMENT, variables, as(alice));
          const statement = answer.data?.account?.statement;
          if (statement === undefined) throw new Error(answer.errors[0]?.message);
          first ??= statement;
          amounts.push(...statement.entries.nodes.map(({ amount }) => amount.amount));
          if (!statement.entries.pageInfo.hasNextPage) break;
          after = statement.entries.pageInfo.endCursor;
        }
        expect(sumOf([first?.opening.amount ?? '', ...amounts]), `${from} to ${to}`).toBe(first?.closing.amount);
      }
    }
    isReading = false;
    await writing;
  });

  it('shows oldest first and refuses what is not its cursor or no window', async () => {
    const id = await accounting.accountWith(alice, '5');
    await send(id, await accounting.accountWith(bob, '0'), '2');
    const read = await accounting.call<Read>(STATEMENT, { id }, as(alice));
    expect(read.data?.account?.statement).toMatchObject({
      from: null,
      to: null,
      opening: { amount: '0' },
      closing: { amount: '3' },
      entries: { nodes: [{ amount: { amount: '5' } }, { amount: { amount: '-2' }, balanceAfter: { amount: '3' } }] },
    });
    const code = async (variables: object, person = alice) =>
      (await accounting.call<Read>(STATEMENT, { id, ...variables }, as(person))).errors[0]?.extensions.code;
    for (const forged of [
      'x',
      Buffer.from('["1"]').toString('base64url'),
      Buffer.from('["1","x"]').toString('base64url'),
    ]) {
      expect(await code({ after: forged })).toBe('BAD_USER_INPUT');
    }
    expect(await code({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).toBe('BAD_USER_INPUT');
    expect(await code({}, bob)).toBe('NOT_FOUND');
  });
});

describe('GET /accounts/{id}/statement.csv', () => {
  it('is the statement, and no text in it is a formula', async () => {
    const id = await accounting.accountWith(alice, '50');
    const other = await accounting.accountWith(bob, '0');
    const texts = ['=cmd()', '+1', '-1', '@SUM(A1)', 'said "x", twice', 'plain'];
    for (const text of texts) await send(id, other, '1.5', text);
    const { status, contentType, text } = await readDocument(accounting, `/accounts/${id}/statement.csv`, alice.token);
    expect(status).toBe(200);
    expect(contentType).toContain('text/csv');
    const lines = text.split('\r\n');
    expect(lines[0]).toBe('sequence,recordedAt,effectiveAt,kind,transfer,otherAccount,description,amount,balance,unit');
    expect(lines[1]).toBe(',,,OPENING,,,,,0,CREDIT');
    expect(lines.slice(3, -2).map((line) => /,"(.*)",-1.5,/.exec(line)?.[1])).toEqual([
      "'=cmd()",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      'said ""x"", twice',
      'plain',
    ]);
    expect(lines.at(-2)).toBe(',,,CLOSING,,,,,41,CREDIT');
    const { recordedAt } = await send(id, other, '1');
    const empty = await readDocument(
      accounting,
      `/accounts/${id}/statement.csv?from=1999-01-01T00:00:00Z&to=2000-01-01T00:00:00Z`,
      alice.token,
    );
    expect(empty.text.split('\r\n')).toHaveLength(4);
    const rest = await readDocument(accounting, `/accounts/${id}/statement.csv?from=${recordedAt}`, alice.token);
    expect(rest.text).toMatch(/CLOSING,,,,,40,CREDIT\r\n$/);
  });

  it('is for whoever sees the account', async () => {
    const id = await accounting.accountWith(alice, '1');
    const path = `/accounts/${id}/statement.csv`;
    const status = async (wanted: string, token: string | null) => {
      const answer = await readDocument(accounting, wanted, token);
      return [
        answer.status,
        (JSON.parse(answer.text) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code,
      ];
    };
    expect((await readDocument(accounting, path, accounting.operator.token)).status).toBe(200);
    expect(await status(path, bob.token)).toEqual([404, 'NOT_FOUND']);
    expect(await status(`/accounts/${newId('account')}/statement.csv`, bob.token)).toEqual([404, 'NOT_FOUND']);
    expect(await status('/accounts/%00/statement.csv', bob.token)).toEqual([404, 'NOT_FOUND']);
    expect(await status(path, null)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await status(path, 'nonsense')).toEqual([401, 'UNAUTHENTICATED']);
    expect(await status(`${path}?from=x`, alice.token)).toEqual([400, 'BAD_USER_INPUT']);
    expect(await status(`${path}?from=2026-01-02T00:00:00Z&from=x`, alice.token)).toEqual([400, 'BAD_USER_INPUT']);
    const direct = await fetch(new URL(path, accounting.url), { headers: { authorization: `Bearer ${alice.token}` } });
    expect(direct.status).toBe(401);
  });
});
