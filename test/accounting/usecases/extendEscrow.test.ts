import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { access, closeGrant, extendGrant, extensionOf, linesOf, openPaidGrant, payHold } from '../escrowSupport.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
afterAll(() => accounting.stop());

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const openGrant = () => openPaidGrant(accounting, alice);
const pay = (holdId: string, amount: string) => payHold(accounting, holdId, amount);
const extend = (input: Record<string, unknown>, person = alice) => extendGrant(accounting, input, person);
const abandon = ({ extensionId, grantId }: { extensionId: string; grantId: string }) =>
  accounting.mutate('abandonExtension', { extensionId, grantId }, 'account { id } hold { status }', access);
const close = (accountId: string, earned = '0') => closeGrant(accounting, accountId, earned);
const endOf = async (escrow: string) =>
  (await accounting.sql<{ ends_at: Date }>('SELECT ends_at FROM escrow WHERE account_id = $1', [escrow]))[0]?.ends_at;

describe('an escrow that is extended', () => {
  it('is filled again from the same account, spent for longer, and returns all that is left', async () => {
    const grant = await openGrant();
    const wish = extensionOf(grant);
    const extended = await extend(wish);
    expect(extended.payload).toMatchObject({ account: { id: grant.escrow }, hold: { status: 'OPEN' } });
    expect(await accounting.balanceOf(grant.payer, alice)).toMatchObject({ posted: '70', held: '10' });
    expect((await close(grant.escrow)).payload?.refusal?.code).toBe('ACCOUNT_NOT_EMPTY');
    expect(await extend(extensionOf(grant))).toMatchObject({ payload: { refusal: { code: 'EXTENSION_UNDER_WAY' } } });
    await pay(idOf(extended, 'hold'), '10');
    expect(await accounting.balanceOf(grant.escrow, alice)).toMatchObject({ posted: '40', held: '0' });
    expect(await endOf(grant.escrow)).toEqual(new Date(wish.endsAt));
    expect(await abandon(wish)).toMatchObject({ payload: { refusal: { code: 'HOLD_NOT_OPEN' } } });
    expect((await close(grant.escrow, '1')).payload).toMatchObject({
      account: { status: 'CLOSED' },
      refund: { amount: { amount: '39' }, credit: { id: grant.payer } },
    });
    expect((await accounting.balanceOf(grant.payer, alice))['posted']).toBe('99');
    expect(await extend(extensionOf(grant))).toMatchObject({ payload: { refusal: { code: 'ACCOUNT_CLOSED' } } });
  });

  it('is spent inside its window alone, at the ledger itself and without a timer; inside the new one again', async () => {
    const grant = await openGrant();
    const hold = async () => {
      const job = {
        debitAccountId: grant.escrow,
        creditAccountId: wellKnown.accountRevenueLocal,
        amount: credit('1'),
        reason: 'Job',
      };
      const as = { as: 'compute' as const, token: await alice.actingAs('compute') };
      return (await accounting.mutate('placeHold', job, 'hold { id }', as)).payload;
    };
    const move = (startsAt: string, endsAt: string) =>
      accounting.sql('UPDATE escrow SET starts_at = $2, ends_at = $3 WHERE account_id = $1', [
        grant.escrow,
        startsAt,
        endsAt,
      ]);
    await move(inHours(0.01), inHours(1));
    expect(await hold()).toMatchObject({ refusal: { code: 'OUTSIDE_WINDOW' } });
    await move(inHours(-1), new Date().toISOString());
    expect(await hold()).toMatchObject({ refusal: { code: 'OUTSIDE_WINDOW' } });
    await pay(idOf(await extend(extensionOf(grant)), 'hold'), '10');
    expect(await hold()).toMatchObject({ refusal: null });
  });

  it('by time alone reserves nothing', async () => {
    const grant = await openGrant();
    const { amount: _amount, holdExpiresInSeconds: _seconds, ...wish } = extensionOf(grant);
    const extended = await accounting.mutate('extendEscrow', wish, 'hold { id }', {
      as: 'access',
      token: await alice.actingAs('access'),
    });
    expect(extended.payload).toMatchObject({ hold: null, refusal: null });
    expect(await endOf(grant.escrow)).toEqual(new Date(wish.endsAt));
    expect((await close(grant.escrow)).payload).toMatchObject({ refund: { amount: { amount: '30' } } });
  });

  it('is as before where the extension is given up, and can be extended again', async () => {
    const grant = await openGrant();
    const before = await endOf(grant.escrow);
    const wish = extensionOf(grant);
    const hold = idOf(await extend(wish), 'hold');
    await accounting.mutate('issuePrepayment', { holdId: hold, lines: linesOf('10') }, 'invoice { id }', access);
    for (const _time of [1, 2]) expect((await abandon(wish)).payload).toMatchObject({ hold: { status: 'RELEASED' } });
    expect(await endOf(grant.escrow)).toEqual(before);
    expect(await accounting.balanceOf(grant.payer, alice)).toMatchObject({ posted: '70', held: '0' });
    expect(
      (
        await accounting.call(
          'query ($id: ID!) { account(id: $id) { status } }',
          { id: grant.escrow },
          { token: alice.token },
        )
      ).data,
    ).toEqual({
      account: { status: 'OPEN' },
    });
    expect(await accounting.sql(`SELECT status FROM invoice WHERE hold_id = $1`, [hold])).toEqual([{ status: 'VOID' }]);
    expect(await extend(wish)).toMatchObject({ payload: { refusal: { code: 'ESCROW_ABANDONED' } } });
    await pay(idOf(await extend(extensionOf(grant)), 'hold'), '10');
    expect((await close(grant.escrow)).payload).toMatchObject({ refund: { amount: { amount: '40' } } });
  });

  it('is never extended by a call that comes after it was given up', async () => {
    const grant = await openGrant();
    const wish = extensionOf(grant);
    expect((await abandon(wish)).payload).toMatchObject({ account: null, hold: null, refusal: null });
    expect(await extend(wish)).toMatchObject({ payload: { refusal: { code: 'ESCROW_ABANDONED' } } });
    expect(await accounting.balanceOf(grant.payer, alice)).toMatchObject({ posted: '70', held: '0' });
  });

  it('20 times at once by one id is extended once', async () => {
    const grant = await openGrant();
    const wish = extensionOf(grant);
    const answers = await Promise.all(Array.from({ length: 20 }, () => extend(wish)));
    expect(answers.filter(({ payload }) => payload?.['hold'] != null)).toHaveLength(1);
    expect(await accounting.balanceOf(grant.payer, alice)).toMatchObject({ held: '10' });
  });

  it.each([
    ['more than the account has', { amount: credit('70.000001') }, 'INSUFFICIENT_FUNDS'],
    ['an earlier end', { endsAt: inHours(0.5) }, 'INVALID_INPUT'],
    ['an id of another kind', { extensionId: newId('grant') }, 'INVALID_INPUT'],
    ['a grant of another form', { grantId: 'grt_' }, 'INVALID_INPUT'],
    ['too precise an amount', { amount: credit('0.0000001') }, 'AMOUNT_TOO_PRECISE'],
    ['nothing', { amount: credit('0') }, 'AMOUNT_NOT_POSITIVE'],
    ['a hold of no time', { holdExpiresInSeconds: 0 }, 'INVALID_INPUT'],
  ])('refuses %s, and changes nothing', async (_what, over, code) => {
    const grant = await openGrant();
    const before = await endOf(grant.escrow);
    expect(await extend(extensionOf(grant, over))).toMatchObject({ payload: { refusal: { code } } });
    expect(await endOf(grant.escrow)).toEqual(before);
    expect(await accounting.balanceOf(grant.payer, alice)).toMatchObject({ posted: '70', held: '0' });
  });

  it('is for who may spend from the account that paid, through access alone', async () => {
    const grant = await openGrant();
    const other = await accounting.accountWith(alice, '100');
    const bobs = await accounting.accountWith(bob, '100');
    expect((await extend(extensionOf(grant), bob)).fault).toBe('NOT_FOUND');
    expect((await extend(extensionOf(grant, { payerAccountId: bobs }), bob)).fault).toBe('NOT_FOUND');
    expect((await extend(extensionOf(grant, { payerAccountId: other }))).fault).toBe('NOT_FOUND');
    const asHerself = { token: alice.token };
    expect((await accounting.mutate('extendEscrow', extensionOf(grant), 'hold { id }', asHerself)).fault).toBe(
      'FORBIDDEN',
    );
    const through = { as: 'compute' as const, token: await alice.actingAs('compute') };
    expect((await accounting.mutate('extendEscrow', extensionOf(grant), 'hold { id }', through)).fault).toBe(
      'FORBIDDEN',
    );
    const given = { extensionId: newId('extension'), grantId: grant.grantId };
    expect((await accounting.mutate('abandonExtension', given, 'hold { id }', asHerself)).fault).toBe('FORBIDDEN');
  });

  it('returns what is left from the newest filling on, so that budgets get back where it was spent', async () => {
    const grant = await openGrant();
    // What was paid at first was spent the day before yesterday.
    await accounting.sql(`UPDATE hold SET placed_at = placed_at - interval '2 days' WHERE credit_id = $1`, [
      grant.escrow,
    ]);
    const budget = { accountId: grant.payer, period: 'DAY', limit: credit('90') };
    const set = 'mutation ($input: SetBudgetInput!) { setBudget(input: $input) { refusal { code } } }';
    const { data } = await accounting.call(set, { input: budget }, { token: alice.token });
    expect(data).toEqual({ setBudget: { refusal: null } });
    await pay(idOf(await extend(extensionOf(grant)), 'hold'), '10');
    const fills = (amount: number) =>
      accounting.sql<{ amount: string }>('SELECT amount::text FROM escrow_fills($1, $2) ORDER BY placed_at DESC', [
        grant.escrow,
        amount * 1_000_000,
      ]);
    expect(await fills(40)).toEqual([{ amount: '10000000' }, { amount: '30000000' }]);
    expect(await fills(15)).toEqual([{ amount: '10000000' }, { amount: '5000000' }]);
    expect(await fills(4)).toEqual([{ amount: '4000000' }]);
    const spent = () =>
      accounting.sql('SELECT spent::text, held::text FROM budget_use ORDER BY period_start DESC LIMIT 1');
    expect(await spent()).toEqual([{ spent: '10000000', held: '0' }]);
    expect((await close(grant.escrow, '25')).payload).toMatchObject({ refund: { amount: { amount: '15' } } });
    // 10 of today come back to today, 5 to a day that no budget looks at.
    expect(await spent()).toEqual([{ spent: '0', held: '0' }]);
  });
});
