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

describe('first boot', () => {
  it('made the unit, its ISSUANCE account and the REVENUE account of local, and does so once', async () => {
    const query = `query ($a: ID!, $b: ID!) { a: account(id: $a) { kind unit owner { __typename } }
      b: account(id: $b) { kind unit owner { __typename ... on Group { id } } } }`;
    const ids = { a: wellKnown.accountIssuance, b: wellKnown.accountRevenueLocal };
    const expected = {
      a: { kind: 'ISSUANCE', unit: 'CREDIT', owner: null },
      b: { kind: 'REVENUE', unit: 'CREDIT', owner: { __typename: 'Group', id: wellKnown.groupLocal } },
    };
    expect((await accounting.call(query, ids, as(accounting.operator))).data).toEqual(expected);
  });
});

describe('openAccount', () => {
  const input = (change: object = {}) => ({ owner: { userId: alice.userId }, name: 'Main', unit: 'CREDIT', ...change });
  const open = (change: object = {}, person = alice) =>
    accounting.mutate(
      'openAccount',
      input(change),
      'account { id name kind unit status owner { ... on User { id } } }',
      as(person),
    );

  it('opens an account for oneself', async () => {
    const { payload } = await open();
    expect(payload?.['account']).toMatchObject({
      id: expect.stringMatching(/^acc_/),
      name: 'Main',
      kind: 'PERSONAL',
      unit: 'CREDIT',
      status: 'OPEN',
      owner: { id: alice.userId },
    });
  });

  it('answers a repetition with the same account, and refuses the key for another operation', async () => {
    const first = await open({ idempotencyKey: 'once' });
    expect(await open({ idempotencyKey: 'once' })).toEqual(first);
    const id = idOf(first, 'account');
    const other = {
      idempotencyKey: 'once',
      debitAccountId: id,
      creditAccountId: id,
      amount: credit('1'),
      description: 'x',
    };
    const reused = await accounting.mutate('transfer', other, 'transfer { id }', as(alice));
    expect(reused.payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it.each([
    [{ owner: {} }, 'INVALID_INPUT', ['owner']],
    [{ unit: 'GOLD' }, 'UNIT_UNKNOWN', ['unit']],
    [{ unit: 'a\0b' }, 'UNIT_UNKNOWN', ['unit']],
    [{ name: ' ' }, 'INVALID_INPUT', ['name']],
    [{ name: 'x'.repeat(201) }, 'INVALID_INPUT', ['name']],
    [{ name: 'a\u0007b' }, 'INVALID_INPUT', ['name']],
    [{ idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
    [{ idempotencyKey: 'é' }, 'INVALID_INPUT', ['idempotencyKey']],
  ])('refuses %j with %s', async (change, code, path) => {
    expect((await open(change)).payload).toMatchObject({ account: null, refusal: { code, path } });
  });

  it('is not done for another person, nor without a token, nor by a service', async () => {
    expect((await open({}, bob)).fault).toBe('FORBIDDEN');
    expect((await accounting.mutate('openAccount', input(), 'account { id }', {})).fault).toBe('UNAUTHENTICATED');
    expect((await accounting.mutate('openAccount', input(), 'account { id }', { as: 'access' })).fault).toBe(
      'FORBIDDEN',
    );
    const token = await alice.actingAs('compute');
    expect((await accounting.mutate('openAccount', input(), 'account { id }', { as: 'compute', token })).fault).toBe(
      'FORBIDDEN',
    );
  });
});

describe('deposit', () => {
  const deposit = (accountId: string, amount: object, options: object) =>
    accounting.mutate(
      'deposit',
      { accountId, amount, description: 'Grant' },
      'transfer { kind amount { amount unit } debit { id } credit { id } sequence entryHash } account { id }',
      options,
    );

  it('is for operators, and for service accounts with the scope', async () => {
    const id = await accounting.accountWith(alice, '0');
    const done = await deposit(id, credit('123456789012.345678'), as(accounting.operator));
    expect(done.payload).toMatchObject({
      account: { id },
      transfer: {
        kind: 'DEPOSIT',
        amount: { amount: '123456789012.345678', unit: 'CREDIT' },
        debit: { id: wellKnown.accountIssuance },
        credit: { id },
        sequence: expect.stringMatching(/^[0-9]+$/),
        entryHash: expect.stringMatching(/^[\w-]{43}$/),
      },
    });
    const service = { subject: newId('serviceAccount') };
    const able = await accounting.identity.issueToken({ ...service, scopes: ['accounting:deposit'] });
    expect((await deposit(id, credit('1'), { token: able })).payload).toMatchObject({ refusal: null });
    const unable = await accounting.identity.issueToken({ ...service, scopes: ['accounting:usage'] });
    expect((await deposit(id, credit('1'), { token: unable })).fault).toBe('FORBIDDEN');
    const clever = await accounting.identity.issueToken({ subject: alice.userId, scopes: ['accounting:deposit'] });
    expect((await deposit(id, credit('1'), { token: clever })).fault).toBe('FORBIDDEN');
    expect((await deposit(id, credit('1'), as(alice))).fault).toBe('FORBIDDEN');
    expect((await deposit(id, credit('1'), {})).fault).toBe('UNAUTHENTICATED');
    expect((await deposit(newId('account'), credit('1'), as(accounting.operator))).fault).toBe('NOT_FOUND');
    expect((await deposit('nonsense\0', credit('1'), as(accounting.operator))).fault).toBe('NOT_FOUND');
  });

  it.each([
    ['0', 'AMOUNT_NOT_POSITIVE'],
    ['-1', 'AMOUNT_NOT_POSITIVE'],
    ['1.0000001', 'AMOUNT_TOO_PRECISE'],
    ['1000000000000.000001', 'AMOUNT_TOO_LARGE'],
    ['99999999999999999999999999999999999999', 'AMOUNT_TOO_LARGE'],
  ])('refuses %s: %s', async (amount, code) => {
    const id = await accounting.accountWith(alice, '0');
    const refused = await deposit(id, credit(amount), as(accounting.operator));
    expect(refused.payload).toMatchObject({ transfer: null, refusal: { code, path: ['amount', 'amount'] } });
    expect((await accounting.balanceOf(id, alice)).posted).toBe('0');
  });

  it.each(['1e3', 'NaN', '٣', '', '1.', '0x10', ' 1', `1${'0'.repeat(38)}`])(
    'takes no %j: BAD_USER_INPUT',
    async (amount) => {
      const id = await accounting.accountWith(alice, '0');
      expect((await deposit(id, credit(amount), as(accounting.operator))).fault).toBe('BAD_USER_INPUT');
    },
  );

  it('refuses another unit, and remembers what it refused from the input alone', async () => {
    const id = await accounting.accountWith(alice, '0');
    const other = await deposit(id, { amount: '1', unit: 'GOLD' }, as(accounting.operator));
    expect(other.payload?.refusal?.code).toBe('UNIT_UNKNOWN');
    const input = { idempotencyKey: 'remembered', accountId: id, description: 'x' };
    const send = (amount: string) =>
      accounting.mutate('deposit', { ...input, amount: credit(amount) }, 'transfer { id }', as(accounting.operator));
    expect((await send('-1')).payload?.refusal?.code).toBe('AMOUNT_NOT_POSITIVE');
    expect((await send('-1.0')).payload?.refusal?.code).toBe('AMOUNT_NOT_POSITIVE');
    expect((await send('1')).payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
