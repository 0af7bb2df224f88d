import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { budgetsOf, crossedOf, groupAccountWith, join, setBudget, spend } from '../budgetSupport.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
let from: string;
let to: string;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
beforeEach(async () => {
  from = await accounting.accountWith(alice, '1000');
  to = await accounting.accountWith(bob, '0');
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const pay = (amount: string) => spend(accounting, alice, from, to, amount);
const hold = async (amount: string) =>
  accounting.mutate(
    'placeHold',
    { debitAccountId: from, creditAccountId: to, amount: credit(amount), reason: 'x' },
    'hold { id }',
    as(alice),
  );
const first = async () => (await budgetsOf(accounting, alice, from))[0];

describe('a hard budget', () => {
  it('lets spending pass up to its limit to the last millionth, then refuses and names itself with the remedy', async () => {
    idOf(await setBudget(accounting, alice, from, '100'), 'account');
    expect(await pay('99.999999')).toBe('DONE');
    const input = { debitAccountId: from, creditAccountId: to, amount: credit('0.000002'), description: 'x' };
    const { payload } = await accounting.mutate('transfer', input, 'transfer { id }', as(alice));
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
    await setBudget(accounting, alice, from, '37');
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
    await setBudget(accounting, alice, from, '100');
    const holdId = idOf(await hold('60'), 'hold');
    expect((await hold('41')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const extend = (amount: string) =>
      accounting.mutate('extendHold', { holdId, amount: credit(amount) }, 'hold { id }', as(alice));
    expect((await extend('101')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    idOf(await extend('100'), 'hold');
    const capture = { holdId, amount: credit('30'), final: false };
    idOf(await accounting.mutate('captureHold', capture, 'transfer { id }', as(bob)), 'transfer');
    expect(await first()).toMatchObject({
      spent: { amount: '30' },
      held: { amount: '70' },
      remaining: { amount: '0' },
    });
    idOf(await accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(bob)), 'hold');
    expect(await first()).toMatchObject({
      spent: { amount: '30' },
      held: { amount: '0' },
      remaining: { amount: '70' },
    });
  });

  it('refuses in a batch item by item, and a LINKED one as a whole, leaving nothing counted', async () => {
    await setBudget(accounting, alice, from, '10');
    const batch = async (mode: string, amounts: readonly string[]) => {
      const transfers = amounts.map((amount) => ({
        debitAccountId: from,
        creditAccountId: to,
        amount: credit(amount),
        description: 'x',
      }));
      const { payload } = await accounting.mutate(
        'transferBatch',
        { transfers, mode },
        'results { refusal { code ... on LimitExceeded { limit } } }',
        as(alice),
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
    await setBudget(accounting, alice, from, '1');
    const input = {
      idempotencyKey: 'kept',
      debitAccountId: from,
      creditAccountId: to,
      amount: credit('2'),
      description: 'x',
    };
    const again = () => accounting.mutate('transfer', input, 'transfer { id }', as(alice));
    const refusal = (await again()).payload?.refusal;
    expect(refusal?.code).toBe('LIMIT_EXCEEDED');
    await setBudget(accounting, alice, from, '100');
    expect((await again()).payload?.refusal).toEqual(refusal);
  });
});

describe('escrows and mandates', () => {
  const open = async (amount: string) =>
    accounting.mutate(
      'openEscrow',
      {
        grantId: newId('grant'),
        holderId: alice.userId,
        payerAccountId: from,
        payeeAccountId: wellKnown.accountRevenueLocal,
        amount: credit(amount),
        holdExpiresInSeconds: 600,
        startsAt: new Date(Date.now() - 1_000).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
      },
      'account { id } hold { id }',
      { as: 'access', token: await alice.actingAs('access') },
    );

  it('are judged: an escrow above the budget is not opened; what it does not use is free again', async () => {
    await setBudget(accounting, alice, from, '50');
    expect((await open('50.000001')).payload?.refusal).toMatchObject({ __typename: 'LimitExceeded' });
    const opened = await open('50');
    const holdId = idOf(opened, 'hold');
    expect(await pay('0.1')).toBe('LIMIT_EXCEEDED');
    const captured = { holdId, amount: credit('50') };
    idOf(await accounting.mutate('captureHold', captured, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await first()).toMatchObject({ spent: { amount: '50' }, held: { amount: '0' } });
    const ended = { accountId: idOf(opened, 'account'), earnedSoFar: credit('20') };
    idOf(await accounting.mutate('closeEscrow', ended, 'refund { id }', { as: 'access' }), 'refund');
    expect(await first()).toMatchObject({ spent: { amount: '20' }, remaining: { amount: '30' } });
    expect(await pay('30')).toBe('DONE');
  });

  it('tell a mandate’s payee that a budget stands in the way, and nothing of it', async () => {
    await setBudget(accounting, alice, from, '5', { name: 'Secret travel' });
    const mandate = await accounting.identity.issueMandate({ issuerId: alice.userId, accountId: from, payeeId: to });
    const input = { mandate, creditAccountId: to, amount: credit('6'), resource: 'room 1', reason: 'x' };
    const { payload } = await accounting.mutate('placeHold', input, 'hold { id }', as(bob));
    expect(payload?.refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'budget of the payer' });
    expect(JSON.stringify(payload)).not.toContain('Secret');
  });
});

describe('thresholds', () => {
  it('are reported once per crossing, with an audit entry and a measure; a new one where it fell below', async () => {
    await setBudget(accounting, alice, from, '100', { enforcement: 'SOFT' });
    expect(await pay('49')).toBe('DONE');
    expect(await crossedOf(accounting, alice, from)).toEqual([]);
    expect(await pay('2')).toBe('DONE');
    expect(await pay('1')).toBe('DONE');
    expect(await crossedOf(accounting, alice, from)).toEqual([50]);
    expect(await pay('60')).toBe('DONE');
    expect(await crossedOf(accounting, alice, from)).toEqual([50, 80, 100]);
    expect((await first())?.remaining).toEqual({ amount: '-12' });

    const holdId = idOf(await hold('1'), 'hold');
    expect(await crossedOf(accounting, alice, from)).toEqual([50, 80, 100]);
    await accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(bob));
    const transferId = await accounting
      .mutate(
        'transfer',
        { debitAccountId: from, creditAccountId: to, amount: credit('1'), description: 'x' },
        'transfer { id }',
        as(alice),
      )
      .then((outcome) => idOf(outcome, 'transfer'));
    await accounting.mutate('reverseTransfer', { transferId, reason: 'x' }, 'transfer { id }', as(bob));
    expect(await crossedOf(accounting, alice, from)).toEqual([50, 80, 100]);

    await accounting.mutate(
      'reverseTransfer',
      { transferId: await largest(), amount: credit('50'), reason: 'x' },
      'transfer { id }',
      as(bob),
    );
    expect((await first())?.spent).toEqual({ amount: '62' });
    expect(await pay('20')).toBe('DONE');
    expect(await crossedOf(accounting, alice, from)).toEqual([50, 80, 100, 80]);

    const budgetId = (await first())?.id;
    const audited = await accounting.sql<Record<string, unknown>>(
      `SELECT detail ->> 'percent' AS percent FROM platform.audit_entry WHERE target = '${budgetId}' ORDER BY id`,
    );
    expect(audited.map(({ percent }) => percent).sort()).toEqual(['100', '50', '80', '80']);
    const metrics = await (await fetch(`${accounting.url}/metrics`)).text();
    const all = await accounting.sql<Record<string, unknown>>(
      `SELECT count(*)::int AS count FROM budget_crossing WHERE percent = 80`,
    );
    expect(metrics).toMatch(new RegExp(`tollgate_budget_crossings\\{percent="80",[^}]*\\} ${all[0]?.['count']}\\n`));
  });

  it('cross once among 100 parallel spends', async () => {
    await setBudget(accounting, alice, from, '100', { enforcement: 'SOFT', thresholds: [10, 90] });
    await Promise.all(Array.from({ length: 100 }, () => pay('1')));
    expect(await crossedOf(accounting, alice, from)).toEqual([10, 90]);
  });

  it('that are reached when a budget is set are reported then, and not again when it is replaced', async () => {
    await pay('60');
    await setBudget(accounting, alice, from, '100');
    expect(await first()).toMatchObject({ spent: { amount: '60' } });
    expect(await crossedOf(accounting, alice, from)).toEqual([50]);
    await setBudget(accounting, alice, from, '110', { name: 'Mine' });
    expect(await crossedOf(accounting, alice, from)).toEqual([50]);
    await setBudget(accounting, alice, from, '70');
    expect(await crossedOf(accounting, alice, from)).toEqual([50, 80]);
    expect(await budgetsOf(accounting, alice, from)).toHaveLength(1);
  });

  it('come in pages', async () => {
    await setBudget(accounting, alice, from, '100', { enforcement: 'SOFT', thresholds: [10, 20, 30] });
    await pay('40');
    const page = (after: string | null, size = 2) =>
      accounting.call<{ account: { budgets: { crossings: { nodes: object[]; pageInfo: { endCursor: string } } }[] } }>(
        `query ($id: ID!, $after: String, $size: Int) { account(id: $id) { budgets { crossings(first: $size, after: $after) {
           nodes { percent } pageInfo { hasNextPage endCursor } } } } }`,
        { id: from, after, size },
        as(alice),
      );
    const one = (await page(null)).data?.account.budgets[0]?.crossings;
    expect(one).toMatchObject({ nodes: [{ percent: 30 }, { percent: 20 }], pageInfo: { hasNextPage: true } });
    const two = (await page(one?.pageInfo.endCursor ?? '')).data?.account.budgets[0]?.crossings;
    expect(two).toMatchObject({ nodes: [{ percent: 10 }], pageInfo: { hasNextPage: false } });
    for (const after of ['x', Buffer.from('["x"]').toString('base64url')]) {
      expect((await page(after)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await page(null, 101)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

/** The largest transfer from the account of the test. */
async function largest(): Promise<string> {
  const rows = await accounting.sql<Record<string, unknown>>(
    `SELECT transfer_id AS id FROM journal_entry WHERE debit_id = '${from}' AND kind = 'TRANSFER' ORDER BY amount DESC LIMIT 1`,
  );
  return String(rows[0]?.['id']);
}

describe('budgets of a group', () => {
  let admin: TestPerson;
  let second: TestPerson;
  let member: TestPerson;
  let groupId: string;
  let lab: string;
  let other: string;
  beforeAll(async () => {
    [admin, second, member] = [
      await accounting.newPerson(),
      await accounting.newPerson(),
      await accounting.newPerson(),
    ];
  });
  beforeEach(async () => {
    groupId = newId('group');
    await join(accounting, admin, 'ADMIN', groupId);
    await join(accounting, second, 'ADMIN', groupId);
    await join(accounting, member, 'MEMBER', groupId);
    lab = await groupAccountWith(accounting, admin, groupId, '1000');
    other = await groupAccountWith(accounting, admin, groupId, '1000');
  });

  it('count what fills an escrow that the group holds itself, also when it is extended, and what comes back', async () => {
    await setBudget(accounting, admin, lab, '40', { scope: 'GROUP', period: 'MONTH' });
    await setBudget(accounting, admin, lab, '30', { scope: 'MEMBER', memberId: admin.userId });
    const grantId = newId('grant');
    const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    const through = { as: 'access' as const, token: await admin.actingAs('access') };
    const open = (amount: string) => {
      const wish = { grantId, holderId: groupId, payerAccountId: lab, payeeAccountId: wellKnown.accountRevenueLocal };
      const terms = { amount: credit(amount), holdExpiresInSeconds: 600, startsAt: at(-1), endsAt: at(600) };
      return accounting.mutate('openEscrow', { ...wish, ...terms }, 'account { id } hold { id }', through);
    };
    const used = async () =>
      Object.fromEntries(
        (await budgetsOf(accounting, admin, lab)).map(({ scope, spent, held }) => [scope, [spent.amount, held.amount]]),
      );
    expect((await open('40.000001')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const opened = await open('20');
    const capture = { holdId: idOf(opened, 'hold'), amount: credit('20') };
    idOf(await accounting.mutate('captureHold', capture, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await used()).toEqual({ GROUP: ['20', '0'], MEMBER: ['20', '0'] });
    const extend = (amount: string) => {
      const wish = { extensionId: newId('extension'), grantId, payerAccountId: lab, endsAt: at(900) };
      const price = { amount: credit(amount), holdExpiresInSeconds: 600 };
      return accounting.mutate('extendEscrow', { ...wish, ...price }, 'account { id } hold { id }', through);
    };
    // Within the group's budget, and above what its ADMIN may spend: who asks for it spends it.
    expect((await extend('10.000001')).payload?.refusal?.code).toBe('LIMIT_EXCEEDED');
    const more = { holdId: idOf(await extend('10'), 'hold'), amount: credit('10') };
    idOf(await accounting.mutate('captureHold', more, 'transfer { id }', { as: 'access' }), 'transfer');
    expect(await used()).toEqual({ GROUP: ['30', '0'], MEMBER: ['30', '0'] });
    const ended = { accountId: idOf(opened, 'account'), earnedSoFar: credit('5') };
    idOf(await accounting.mutate('closeEscrow', ended, 'refund { id }', { as: 'access' }), 'refund');
    expect(await used()).toEqual({ GROUP: ['5', '0'], MEMBER: ['5', '0'] });
  });

  it('count what all of its accounts spend together, also in parallel, but not what passes between them', async () => {
    await setBudget(accounting, admin, lab, '40', { scope: 'GROUP', period: 'MONTH' });
    expect(await spend(accounting, admin, lab, other, '500')).toBe('DONE');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, n) => spend(accounting, admin, n % 2 === 0 ? lab : other, to, '1')),
    );
    expect(outcomes.filter((outcome) => outcome === 'DONE')).toHaveLength(40);
    const late = await groupAccountWith(accounting, admin, groupId, '10');
    expect(await spend(accounting, admin, late, to, '1')).toBe('LIMIT_EXCEEDED');
    for (const id of [lab, other, late]) {
      expect(await budgetsOf(accounting, member, id)).toMatchObject([
        { scope: 'GROUP', group: { id: groupId }, spent: { amount: '40' }, name: 'monthly budget of the group' },
      ]);
    }
  });

  it('of one member limit that person alone', async () => {
    await setBudget(accounting, admin, lab, '5', { scope: 'MEMBER', memberId: second.userId, name: 'Travel' });
    expect(await spend(accounting, second, lab, to, '5')).toBe('DONE');
    expect(await spend(accounting, second, lab, to, '0.1')).toBe('LIMIT_EXCEEDED');
    expect(await spend(accounting, second, other, to, '6')).toBe('DONE');
    expect(await spend(accounting, admin, lab, to, '50')).toBe('DONE');
    const input = { debitAccountId: lab, creditAccountId: to, amount: credit('1'), reason: 'x' };
    const held = await accounting.mutate('placeHold', input, 'hold { id }', {
      as: 'compute',
      token: await second.actingAs('compute'),
    });
    expect(held.payload?.refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: expect.stringContaining('Travel') });
  });

  it('are set by ADMINs and operators; members see those that concern them, strangers nothing', async () => {
    await setBudget(accounting, accounting.operator, lab, '100');
    await setBudget(accounting, admin, lab, '10', { scope: 'MEMBER', memberId: member.userId });
    await setBudget(accounting, admin, lab, '10', { scope: 'MEMBER', memberId: second.userId });
    const seen = async (person: TestPerson) =>
      (await budgetsOf(accounting, person, lab)).map((budget) => budget.member?.id ?? budget.scope).sort();
    expect(await seen(member)).toEqual(['ACCOUNT', member.userId].sort());
    for (const person of [admin, second, accounting.operator]) {
      expect(await seen(person)).toEqual(['ACCOUNT', member.userId, second.userId].sort());
    }
    await expect(budgetsOf(accounting, bob, lab)).rejects.toThrow();
    expect((await setBudget(accounting, member, lab, '1')).fault).toBe('FORBIDDEN');
    expect((await setBudget(accounting, bob, lab, '1')).fault).toBe('NOT_FOUND');
    await join(accounting, second, 'MEMBER', groupId);
    await vi.waitFor(async () => expect((await setBudget(accounting, second, lab, '1')).fault).toBe('FORBIDDEN'), {
      timeout: 10_000,
    });
    expect(await seen(second)).toEqual(['ACCOUNT', second.userId].sort());
    await join(accounting, second, 'ADMIN', groupId);
    expect((await setBudget(accounting, {}, lab, '1')).fault).toBe('UNAUTHENTICATED');
    expect((await setBudget(accounting, { as: 'access', token: await admin.actingAs('access') }, lab, '1')).fault).toBe(
      'FORBIDDEN',
    );
    expect((await setBudget(accounting, accounting.operator, newId('account'), '1')).fault).toBe('NOT_FOUND');
  });
});

describe('setBudget', () => {
  const refusal = async (amount: string, more: object = {}, accountId = from) =>
    (await setBudget(accounting, alice, accountId, amount, more)).payload?.refusal;

  it('refuses what cannot be a budget', async () => {
    const cases: [string, object, string, string[] | undefined][] = [
      ['0', {}, 'AMOUNT_NOT_POSITIVE', ['limit', 'amount']],
      ['1.0000001', {}, 'AMOUNT_TOO_PRECISE', ['limit', 'amount']],
      ['1000000000001', {}, 'AMOUNT_TOO_LARGE', ['limit', 'amount']],
      ['1', { limit: { amount: '1', unit: 'GOLD' } }, 'UNIT_MISMATCH', undefined],
      ['1', { scope: 'GROUP' }, 'INVALID_INPUT', ['scope']],
      ['1', { scope: 'MEMBER' }, 'INVALID_INPUT', ['memberId']],
      ['1', { memberId: alice.userId }, 'INVALID_INPUT', ['memberId']],
      ['1', { period: 'WINDOW' }, 'INVALID_INPUT', ['endsAt']],
      ['1', { startsAt: '2026-01-01T00:00:00Z' }, 'INVALID_INPUT', ['startsAt']],
      ['1', { thresholds: [50, 50] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { thresholds: [0] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { thresholds: [1001] }, 'INVALID_INPUT', ['thresholds']],
      ['1', { name: '' }, 'INVALID_INPUT', ['name']],
    ];
    for (const [amount, more, code, path] of cases) {
      expect(await refusal(amount, more), JSON.stringify(more)).toMatchObject(
        path === undefined ? { code } : { code, path },
      );
    }
    expect(await budgetsOf(accounting, alice, from)).toEqual([]);
    expect(
      (await setBudget(accounting, accounting.operator, wellKnown.accountIssuance, '1')).payload?.refusal?.code,
    ).toBe('ACCOUNT_KIND_FIXED');
  });

  it('removes a budget, and is done where there is none; doing it again leaves one audit entry', async () => {
    for (const amount of ['1', '1', '']) idOf(await setBudget(accounting, alice, from, amount), 'account');
    idOf(await setBudget(accounting, alice, from, ''), 'account');
    expect(await budgetsOf(accounting, alice, from)).toEqual([]);
    expect(await pay('2')).toBe('DONE');
    const audited = await accounting.sql<Record<string, unknown>>(
      `SELECT 1 FROM platform.audit_entry WHERE action = 'setBudget' AND target = '${from}' AND outcome = 'OK'`,
    );
    expect(audited).toHaveLength(2);
  });

  it('keeps days, months and windows apart, all of them in UTC and half-open', async () => {
    const now = Date.now();
    const window = {
      startsAt: new Date(now - 3_600_000).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
    };
    const past = { startsAt: new Date(now - 7_200_000).toISOString(), endsAt: new Date(now - 3_600_000).toISOString() };
    await setBudget(accounting, alice, from, '10');
    await setBudget(accounting, alice, from, '20', { period: 'MONTH' });
    await setBudget(accounting, alice, from, '5', { period: 'WINDOW', ...window });
    await setBudget(accounting, alice, from, '1', { period: 'WINDOW', ...past });
    expect(await pay('6')).toBe('LIMIT_EXCEEDED');
    expect(await pay('5')).toBe('DONE');
    await setBudget(accounting, alice, from, '', { period: 'WINDOW', ...window });
    expect(await pay('6')).toBe('LIMIT_EXCEEDED');
    expect(await pay('5')).toBe('DONE');
    const spent = (await budgetsOf(accounting, alice, from)).map((budget) => [
      budget.period,
      budget.startsAt.slice(7),
      budget.spent.amount,
    ]);
    const day = new Date().toISOString().slice(7, 10);
    expect(spent).toEqual([
      ['DAY', `${day}T00:00:00.000Z`, '10'],
      ['MONTH', '-01T00:00:00.000Z', '10'],
      ['WINDOW', past.startsAt.slice(7), '0'],
    ]);
  });

  it('has at most 100 budgets for an account', async () => {
    for (let hour = 0; hour < 100; hour += 1) {
      const at = (more: number) => new Date(Date.UTC(2030, 0, 1, hour + more)).toISOString();
      idOf(
        await setBudget(accounting, alice, from, '1', { period: 'WINDOW', startsAt: at(0), endsAt: at(1) }),
        'account',
      );
    }
    expect(await refusal('1')).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'budgets' });
  });

  it('is not for a closed account', async () => {
    const empty = await accounting.accountWith(alice, '0');
    await accounting.mutate(
      'closeAccount',
      { idempotencyKey: undefined, accountId: empty },
      'account { id }',
      as(alice),
    );
    expect(await refusal('1', {}, empty)).toMatchObject({ code: 'ACCOUNT_CLOSED' });
  });
});
