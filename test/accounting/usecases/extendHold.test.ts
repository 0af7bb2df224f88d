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
const extend = (holdId: string, change: object, options: object) =>
  accounting.mutate(
    'extendHold',
    { holdId, ...change },
    'hold { amount { amount } remaining { amount } expiresAt }',
    options,
  );

/** A hold of 10 on alice's account with 100, for bob's. */
async function placed(): Promise<{ from: string; to: string; id: string }> {
  const from = await accounting.accountWith(alice, '100');
  const to = await accounting.accountWith(bob, '0');
  const input = {
    debitAccountId: from,
    creditAccountId: to,
    amount: credit('10'),
    reason: 'Test',
    expiresInSeconds: 60,
  };
  return { from, to, id: idOf(await accounting.mutate('placeHold', input, 'hold { id }', as(alice)), 'hold') };
}

const expiryOf = ({ payload }: Awaited<ReturnType<typeof extend>>): number =>
  Date.parse((payload?.['hold'] as { expiresAt: string } | undefined)?.expiresAt ?? '');

describe('extendHold', () => {
  it('in time is for the payee’s side, never for the payer', async () => {
    const { id } = await placed();
    const longer = await extend(id, { expiresInSeconds: 3_600 }, as(bob));
    expect(expiryOf(longer) - Date.now()).toBeGreaterThan(3_500_000);
    expect((await extend(id, { expiresInSeconds: 7_200 }, as(alice))).fault).toBe('FORBIDDEN');
    expect((await extend(id, { expiresInSeconds: 7_200 }, as(accounting.operator))).fault).toBe('FORBIDDEN');
    expect(expiryOf(await extend(id, { expiresInSeconds: 1 }, as(bob)))).toBe(expiryOf(longer));
  });

  it('in amount is for the payer alone: INSUFFICIENT_FUNDS, HOLD_NOT_LOWERED', async () => {
    const { from, to, id } = await placed();
    expect((await extend(id, { amount: credit('25') }, as(bob))).fault).toBe('FORBIDDEN');
    expect((await extend(id, { amount: credit('25') }, as(accounting.operator))).fault).toBe('FORBIDDEN');
    expect((await extend(id, { amount: credit('25') }, as(alice))).payload).toMatchObject({
      hold: { amount: { amount: '25' }, remaining: { amount: '25' } },
      refusal: null,
    });
    expect(await accounting.balanceOf(from, alice)).toMatchObject({ held: '25', available: '75' });
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ incoming: '25' });
    expect((await extend(id, { amount: credit('100.5') }, as(alice))).payload?.refusal).toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      shortfall: { amount: '0.5' },
    });
    expect((await extend(id, { amount: credit('24') }, as(alice))).payload?.refusal?.code).toBe('HOLD_NOT_LOWERED');
    const both = { amount: credit('30'), expiresInSeconds: 600 };
    expect((await extend(id, both, as(alice))).fault).toBe('FORBIDDEN');
    expect((await extend(id, both, as(bob))).fault).toBe('FORBIDDEN');
  });

  it('of a hold that compute placed is done by compute, in time in its own name and in both for the person', async () => {
    const from = await accounting.accountWith(alice, '100');
    const acting = { as: 'compute', token: await alice.actingAs('compute') } as const;
    const input = {
      debitAccountId: from,
      creditAccountId: wellKnown.accountRevenueLocal,
      amount: credit('10'),
      reason: 'Job',
      expiresInSeconds: 60,
    };
    const id = idOf(await accounting.mutate('placeHold', input, 'hold { id }', acting), 'hold');
    expect((await extend(id, { expiresInSeconds: 600 }, { as: 'compute' })).payload?.refusal).toBeNull();
    expect((await extend(id, { amount: credit('20') }, { as: 'compute' })).fault).toBe('FORBIDDEN');
    const both = await extend(id, { amount: credit('20'), expiresInSeconds: 900 }, acting);
    expect(both.payload).toMatchObject({ hold: { amount: { amount: '20' } }, refusal: null });
    expect((await extend(id, { expiresInSeconds: 600 }, { as: 'storage' })).fault).toBe('NOT_FOUND');
  });

  it('leaves an escrow’s opening hold at its price: ACCOUNT_TAKES_NO_TRANSFERS', async () => {
    const from = await accounting.accountWith(alice, '100');
    const input = {
      grantId: newId('grant'),
      holderId: alice.userId,
      payerAccountId: from,
      payeeAccountId: wellKnown.accountRevenueLocal,
      amount: credit('30'),
      holdExpiresInSeconds: 600,
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const acting = { as: 'access', token: await alice.actingAs('access') } as const;
    const id = idOf(await accounting.mutate('openEscrow', input, 'hold { id }', acting), 'hold');
    const raised = await extend(id, { amount: credit('40') }, as(alice));
    expect(raised.payload?.refusal?.code).toBe('ACCOUNT_TAKES_NO_TRANSFERS');
    expect((await extend(id, { expiresInSeconds: 900 }, { as: 'access' })).payload?.refusal).toBeNull();
  });

  it.each([
    [{}, 'INVALID_INPUT', ['expiresInSeconds']],
    [{ expiresInSeconds: 0 }, 'INVALID_INPUT', ['expiresInSeconds']],
    [{ expiresInSeconds: 30 * 86_400 + 1 }, 'INVALID_INPUT', ['expiresInSeconds']],
  ])('refuses %j with %s', async (change, code, path) => {
    const { id } = await placed();
    expect((await extend(id, change, as(bob))).payload).toMatchObject({ hold: null, refusal: { code, path } });
  });

  it.each([
    ['0', 'CREDIT', 'AMOUNT_NOT_POSITIVE'],
    ['10.0000001', 'CREDIT', 'AMOUNT_TOO_PRECISE'],
    ['1000000000001', 'CREDIT', 'AMOUNT_TOO_LARGE'],
    ['11', 'credit', 'UNIT_UNKNOWN'],
    ['11', 'HOURS', 'UNIT_MISMATCH'],
  ])('refuses %s %s with %s', async (amount, unit, code) => {
    const { id } = await placed();
    expect((await extend(id, { amount: { amount, unit } }, as(alice))).payload?.refusal?.code).toBe(code);
  });

  it('takes no hold that has ended, nor one that is not the caller’s', async () => {
    const { id } = await placed();
    expect((await extend(id, { expiresInSeconds: 60 }, as(await accounting.newPerson()))).fault).toBe('NOT_FOUND');
    expect((await extend(newId('hold'), { expiresInSeconds: 60 }, as(bob))).fault).toBe('NOT_FOUND');
    expect((await extend('x', { expiresInSeconds: 60 }, as(bob))).fault).toBe('NOT_FOUND');
    expect((await extend(id, { expiresInSeconds: 60 }, {})).fault).toBe('UNAUTHENTICATED');
    await accounting.mutate('releaseHold', { holdId: id }, 'hold { id }', as(bob));
    expect((await extend(id, { expiresInSeconds: 60 }, as(bob))).payload?.refusal?.code).toBe('HOLD_NOT_OPEN');
  });

  it('answers a repetition with the same', async () => {
    const { id } = await placed();
    const once = () => extend(id, { amount: credit('20'), idempotencyKey: `twenty ${id}` }, as(alice));
    const first = await once();
    expect(await once()).toEqual(first);
    const other = await extend(id, { amount: credit('21'), idempotencyKey: `twenty ${id}` }, as(alice));
    expect(other.payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
