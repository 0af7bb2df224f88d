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
/** These take no key: a state is set, and setting it again changes nothing. */
const set = (name: string, accountId: string, options: object, more: object = {}) =>
  accounting.mutate(
    name,
    { idempotencyKey: undefined, accountId, ...more },
    'account { id status balance { available { amount } overdraftLimit { amount } } }',
    options,
  );
const overdraft = (accountId: string, amount: string, person: TestPerson = accounting.operator, unit = 'CREDIT') =>
  set('setOverdraftLimit', accountId, as(person), { overdraftLimit: { amount, unit } });
const send = (debitAccountId: string, creditAccountId: string, amount: string, person: TestPerson) =>
  accounting.mutate(
    'transfer',
    { debitAccountId, creditAccountId, amount: credit(amount), description: 'Test' },
    'transfer { id }',
    as(person),
  );
const codeOf = ({ payload }: Awaited<ReturnType<typeof send>>) => payload?.refusal?.code ?? 'OK';

describe('setOverdraftLimit', () => {
  it('lets an account below zero, to the limit and not a millionth further', async () => {
    const mine = await accounting.accountWith(alice, '0');
    const other = await accounting.accountWith(bob, '0');
    expect((await overdraft(mine, '150')).payload).toMatchObject({
      account: { balance: { available: { amount: '150' }, overdraftLimit: { amount: '150' } } },
      refusal: null,
    });
    expect(codeOf(await send(mine, other, '150.000001', alice))).toBe('INSUFFICIENT_FUNDS');
    expect(codeOf(await send(mine, other, '150', alice))).toBe('OK');
    expect(await accounting.balanceOf(mine, alice)).toMatchObject({ posted: '-150', available: '0' });
    expect((await overdraft(mine, '149.999999')).payload?.refusal?.code).toBe('OVERDRAFT_IN_USE');
    expect(codeOf(await send(other, mine, '150', bob))).toBe('OK');
    expect((await overdraft(mine, '0')).payload?.refusal).toBeNull();
  });

  it.each([
    ['-1', 'CREDIT', 'AMOUNT_NOT_POSITIVE'],
    ['0.0000001', 'CREDIT', 'AMOUNT_TOO_PRECISE'],
    ['1000000000000.000001', 'CREDIT', 'AMOUNT_TOO_LARGE'],
    ['1', 'credit', 'UNIT_UNKNOWN'],
    ['1', 'HOURS', 'UNIT_MISMATCH'],
  ])('refuses %s %s: %s', async (amount, unit, code) => {
    const mine = await accounting.accountWith(alice, '0');
    expect((await overdraft(mine, amount, accounting.operator, unit)).payload).toMatchObject({
      account: null,
      refusal: { code },
    });
  });

  it('is for operators, and for accounts of people and groups: ACCOUNT_KIND_FIXED', async () => {
    const mine = await accounting.accountWith(alice, '0');
    expect((await overdraft(mine, '1', alice)).fault).toBe('FORBIDDEN');
    expect((await overdraft(newId('account'), '1')).fault).toBe('NOT_FOUND');
    expect((await overdraft('acc_\u0000', '1')).fault).toBe('NOT_FOUND');
    expect((await overdraft(wellKnown.accountIssuance, '1')).payload?.refusal?.code).toBe('ACCOUNT_KIND_FIXED');
    expect((await set('setOverdraftLimit', mine, {}, { overdraftLimit: credit('1') })).fault).toBe('UNAUTHENTICATED');
  });
});

describe('freezeAccount and unfreezeAccount', () => {
  it('stop what leaves and nothing else, and may be repeated', async () => {
    const mine = await accounting.accountWith(alice, '10');
    const other = await accounting.accountWith(bob, '10');
    for (const _ of [1, 2]) {
      expect((await set('freezeAccount', mine, as(accounting.operator))).payload).toMatchObject({
        account: { id: mine, status: 'FROZEN' },
        refusal: null,
      });
    }
    expect(codeOf(await send(mine, other, '1', alice))).toBe('ACCOUNT_FROZEN');
    expect(codeOf(await send(other, mine, '1', bob))).toBe('OK');
    expect((await set('unfreezeAccount', mine, as(accounting.operator))).payload).toMatchObject({
      account: { status: 'OPEN' },
    });
    expect(codeOf(await send(mine, other, '1', alice))).toBe('OK');
  });

  it.each(['freezeAccount', 'unfreezeAccount'])('%s is for operators', async (name) => {
    const mine = await accounting.accountWith(alice, '0');
    expect((await set(name, mine, as(alice))).fault).toBe('FORBIDDEN');
    expect((await set(name, mine, as(bob))).fault).toBe('FORBIDDEN');
    expect((await set(name, mine, {})).fault).toBe('UNAUTHENTICATED');
    expect((await set(name, newId('account'), as(accounting.operator))).fault).toBe('NOT_FOUND');
    expect((await set(name, 'x', as(accounting.operator))).fault).toBe('NOT_FOUND');
    const fixed = await set(name, wellKnown.accountIssuance, as(accounting.operator));
    expect(fixed.payload?.refusal?.code).toBe('ACCOUNT_KIND_FIXED');
  });
});

describe('closeAccount', () => {
  it('ends an empty account for its owner: ACCOUNT_NOT_EMPTY before', async () => {
    const mine = await accounting.accountWith(alice, '10');
    const other = await accounting.accountWith(bob, '0');
    expect((await set('closeAccount', mine, as(alice))).payload?.refusal?.code).toBe('ACCOUNT_NOT_EMPTY');
    const hold = { debitAccountId: mine, creditAccountId: other, amount: credit('10'), reason: 'Test' };
    const placed = await accounting.mutate('placeHold', hold, 'hold { id }', as(alice));
    expect((await set('closeAccount', other, as(bob))).payload?.refusal?.code).toBe('ACCOUNT_NOT_EMPTY');
    const holdId = idOf(placed, 'hold');
    await accounting.mutate('captureHold', { holdId, amount: credit('10') }, 'transfer { id }', as(bob));
    for (const _ of [1, 2]) {
      expect((await set('closeAccount', mine, as(alice))).payload).toMatchObject({
        account: { id: mine, status: 'CLOSED' },
        refusal: null,
      });
    }
    expect(codeOf(await send(other, mine, '1', bob))).toBe('ACCOUNT_CLOSED');
    expect((await set('freezeAccount', mine, as(accounting.operator))).payload?.refusal?.code).toBe('ACCOUNT_CLOSED');
  });

  it('is for the owner in person, and for operators', async () => {
    const mine = await accounting.accountWith(alice, '0');
    expect((await set('closeAccount', mine, as(bob))).fault).toBe('NOT_FOUND');
    expect((await set('closeAccount', newId('account'), as(bob))).fault).toBe('NOT_FOUND');
    expect((await set('closeAccount', newId('hold'), as(bob))).fault).toBe('NOT_FOUND');
    expect((await set('closeAccount', mine, {})).fault).toBe('UNAUTHENTICATED');
    const acting = { as: 'access', token: await alice.actingAs('access') } as const;
    expect((await set('closeAccount', mine, acting)).fault).toBe('FORBIDDEN');
    expect((await set('closeAccount', mine, as(accounting.operator))).payload).toMatchObject({
      account: { status: 'CLOSED' },
    });
  });
});
