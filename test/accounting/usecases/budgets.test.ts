import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { budgetsOf, setBudget, spend } from '../budgetSupport.js';
import { as, moneyWorld } from '../moneyWorld.js';
import { credit, idOf } from '../support.js';

const world = moneyWorld('1000');
const pay = (amount: string) => spend(world.accounting, world.alice, world.from, world.to, amount);
const { hold } = world;
const first = async () => (await budgetsOf(world.accounting, world.alice, world.from))[0];

describe('a hard budget', () => {
  it('lets spending pass up to its limit to the last millionth, then refuses and names itself with the remedy', async () => {
    idOf(await setBudget(world.accounting, world.alice, world.from, '100'), 'account');
    expect(await pay('99.999999')).toBe('DONE');
    const input = {
      debitAccountId: world.from,
      creditAccountId: world.to,
      amount: credit('0.000002'),
      description: 'x',
    };
    const { payload } = await world.accounting.mutate('transfer', input, 'transfer { id }', as(world.alice));
    const budget = await first();
    expect(payload?.refusal).toMatchObject({
      __typename: 'LimitExceeded',
      code: 'LIMIT_EXCEEDED',
      limit: `daily budget of the account (${budget?.id})`,
      message: expect.stringMatching(
        /"daily budget of the account" allows 100 CREDIT from .* until .* UTC; 0\.000001 CREDIT are left and 0\.000002 asked for.*setBudget/,
      ),
    });
    expect(await pay('0.000001')).toBe('DONE');
    expect(await pay('0.000001')).toBe('LIMIT_EXCEEDED');
    expect(await first()).toMatchObject({
      id: expect.stringMatching(/^bud_/),
      scope: 'ACCOUNT',
      period: 'DAY',
      enforcement: 'HARD',
      thresholds: [50, 80, 100],
      limit: { amount: '100' },
      spent: { amount: '100' },
      held: { amount: '0' },
      remaining: { amount: '0' },
    });
  });

  it('is never exceeded by 100 parallel spends', async () => {
    await setBudget(world.accounting, world.alice, world.from, '37');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, n) =>
        n % 2 === 0 ? pay('1') : ((await hold('1')).payload?.refusal?.code ?? 'DONE'),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'DONE')).toHaveLength(37);
    expect(outcomes.filter((outcome) => outcome === 'LIMIT_EXCEEDED')).toHaveLength(63);
    expect((await first())?.remaining).toEqual({ amount: '0' });
  });

  it('counts holds as they are placed, captured in part, extended and released', async () => {
    await setBudget(world.accounting, world.alice, world.from, '100');
    const holdId = idOf(await hold('60'), 'hold');
    expect((await hold('41')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const extend = (amount: string) =>
      world.accounting.mutate('extendHold', { holdId, amount: credit(amount) }, 'hold { id }', as(world.alice));
    expect((await extend('101')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    idOf(await extend('100'), 'hold');
    const capture = { holdId, amount: credit('30'), final: false };
    idOf(await world.accounting.mutate('captureHold', capture, 'transfer { id }', as(world.bob)), 'transfer');
    expect(await first()).toMatchObject({
      spent: { amount: '30' },
      held: { amount: '70' },
      remaining: { amount: '0' },
    });
    idOf(await world.accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(world.bob)), 'hold');
    expect(await first()).toMatchObject({
      spent: { amount: '30' },
      held: { amount: '0' },
      remaining: { amount: '70' },
    });
  });

  it('refuses in a batch item by item, and a LINKED one as a whole, leaving nothing counted', async () => {
    await setBudget(world.accounting, world.alice, world.from, '10');
    const batch = async (mode: string, amounts: readonly string[]) => {
      const transfers = amounts.map((amount) => ({
        debitAccountId: world.from,
        creditAccountId: world.to,
        amount: credit(amount),
        description: 'x',
      }));
      const { payload } = await world.accounting.mutate(
        'transferBatch',
        { transfers, mode },
        'results { refusal { code ... on LimitExceeded { limit } } }',
        as(world.alice),
      );
      const results = (payload?.['results'] ?? []) as { refusal: { code: string } | null }[];
      return results.map(({ refusal }) => refusal?.code ?? 'DONE');
    };
    expect(await batch('LINKED', ['6', '5'])).toEqual(['LINKED_FAILED', 'LIMIT_EXCEEDED']);
    expect((await first())?.spent).toEqual({ amount: '0' });
    expect((await first())?.crossings.nodes).toEqual([]);
    expect(await batch('INDEPENDENT', ['6', '5', '4', '0.000001'])).toEqual([
      'DONE',
      'LIMIT_EXCEEDED',
      'DONE',
      'LIMIT_EXCEEDED',
    ]);
    expect((await first())?.spent).toEqual({ amount: '10' });
  });

  it('keeps a refusal under its key: the repetition is refused too, also once there is room', async () => {
    await setBudget(world.accounting, world.alice, world.from, '1');
    const input = {
      idempotencyKey: 'kept',
      debitAccountId: world.from,
      creditAccountId: world.to,
      amount: credit('2'),
      description: 'x',
    };
    const again = () => world.accounting.mutate('transfer', input, 'transfer { id }', as(world.alice));
    const refusal = (await again()).payload?.refusal;
    expect(refusal?.code).toBe('LIMIT_EXCEEDED');
    await setBudget(world.accounting, world.alice, world.from, '100');
    expect((await again()).payload?.refusal).toEqual(refusal);
  });
});

describe('escrows and mandates', () => {
  const open = async (amount: string) =>
    world.accounting.mutate(
      'openEscrow',
      {
        grantId: newId('grant'),
        holderId: world.alice.userId,
        payerAccountId: world.from,
        payeeAccountId: wellKnown.accountRevenueLocal,
        amount: credit(amount),
        holdExpiresInSeconds: 600,
        startsAt: new Date(Date.now() - 1_000).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
      },
      'account { id } hold { id }',
      { as: 'access', token: await world.alice.actingAs('access') },
    );

  it('are judged: an escrow above the budget is not opened; what it does not use is free again', async () => {
    await setBudget(world.accounting, world.alice, world.from, '50');
    expect((await open('50.000001')).payload?.refusal).toMatchObject({ __typename: 'LimitExceeded' });
    const opened = await open('50');
    const holdId = idOf(opened, 'hold');
    expect(await pay('0.1')).toBe('LIMIT_EXCEEDED');
    const captured = { holdId, amount: credit('50') };
    idOf(await world.accounting.mutate('captureHold', captured, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await first()).toMatchObject({ spent: { amount: '50' }, held: { amount: '0' } });
    const ended = { accountId: idOf(opened, 'account'), earnedSoFar: credit('20') };
    idOf(await world.accounting.mutate('closeEscrow', ended, 'refund { id }', { as: 'access' }), 'refund');
    expect(await first()).toMatchObject({ spent: { amount: '20' }, remaining: { amount: '30' } });
    expect(await pay('30')).toBe('DONE');
  });

  it('tell a mandate’s payee that a budget stands in the way, and nothing of it', async () => {
    await setBudget(world.accounting, world.alice, world.from, '5', { name: 'Secret travel' });
    const mandate = await world.accounting.identity.issueMandate({
      issuerId: world.alice.userId,
      accountId: world.from,
      payeeId: world.to,
    });
    const input = { mandate, creditAccountId: world.to, amount: credit('6'), resource: 'room 1', reason: 'x' };
    const { payload } = await world.accounting.mutate('placeHold', input, 'hold { id }', as(world.bob));
    expect(payload?.refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'budget of the payer' });
    expect(JSON.stringify(payload)).not.toContain('Secret');
  });
});
