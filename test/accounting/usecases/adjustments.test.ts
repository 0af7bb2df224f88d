import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { join } from '../budgetSupport.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';
import { inShort, newCluster, postedOn, record, send, type TestCluster } from '../usageSupport.js';

let accounting: AccountingHarness;
let proposer: TestPerson;
let second: TestPerson;
let alice: TestPerson;
let bob: TestPerson;
let from: string;
let to: string;
let cluster: TestCluster;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  proposer = accounting.operator;
  second = await accounting.newPerson();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
  await makeOperator(second);
  from = await accounting.accountWith(alice, '1000');
  to = await accounting.accountWith(bob, '0');
  cluster = await newCluster(accounting);
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const makeOperator = async (person: TestPerson): Promise<void> => {
  accounting.identity.publish({ kind: 'USER', subject: person.userId, state: 'ACTIVE', data: { operator: true } });
  await vi.waitFor(
    async () => expect((await accounting.call('{ verifyLedger { sound } }', {}, as(person))).errors).toEqual([]),
    { timeout: 10_000 },
  );
};
const VIEW = `adjustment { id kind status amount { amount } reason proposedBy { id } decidedBy { id } rejection waived { amount }
  transfer { id kind amount { amount } description debit { id } credit { id } } }`;
const propose = (more: object = {}, person: TestPerson = proposer) =>
  accounting.mutate(
    'proposeAdjustment',
    { debitAccountId: from, creditAccountId: to, amount: credit('10'), reason: 'Billed twice in May', ...more },
    VIEW,
    as(person),
  );
const proposed = async (more: object = {}) => idOf(await propose(more), 'adjustment');
const approve = (adjustmentId: string, person: TestPerson = second, more: object = {}) =>
  accounting.mutate('approveAdjustment', { adjustmentId, ...more }, VIEW, as(person));
const reject = (adjustmentId: string, person: TestPerson = second, reason = 'No') =>
  accounting.mutate('rejectAdjustment', { idempotencyKey: undefined, adjustmentId, reason }, VIEW, as(person));
const codeOf = ({ payload, fault }: Awaited<ReturnType<typeof approve>>) => fault ?? payload?.refusal?.code ?? 'DONE';
const waiver = (debitAccountId: string, amount: string) =>
  proposed({ kind: 'WAIVER', debitAccountId, creditAccountId: undefined, amount: credit(amount) });

describe('an adjustment', () => {
  it('moves nothing when it is proposed, and money as ADJUSTMENT with its reason when a second operator approves it', async () => {
    const before = await postedOn(accounting, to, bob);
    const id = await proposed();
    expect(await postedOn(accounting, to, bob)).toBe(before);
    const { payload } = await approve(id);
    expect(payload).toMatchObject({
      adjustment: {
        status: 'APPROVED',
        kind: 'TRANSFER',
        amount: { amount: '10' },
        proposedBy: { id: proposer.userId },
        decidedBy: { id: second.userId },
        waived: null,
        transfer: {
          kind: 'ADJUSTMENT',
          amount: { amount: '10' },
          description: 'Billed twice in May',
          debit: { id: from },
          credit: { id: to },
        },
      },
      refusal: null,
    });
    expect(await postedOn(accounting, to, bob)).toBe(String(Number(before) + 10));
    const { data } = await accounting.call('{ verifyLedger { sound } }', {}, as(proposer));
    expect(data).toEqual({ verifyLedger: { sound: true } });
    const audited = await accounting.sql<{ action: string; actor: string }>(
      'SELECT action, actor FROM platform.audit_entry WHERE target = $1 ORDER BY at',
      [id],
    );
    expect(audited).toEqual([
      { action: 'proposeAdjustment', actor: proposer.userId },
      { action: 'approveAdjustment', actor: second.userId },
    ]);
  });

  it('is posted once by 20 parallel approvals, under different keys and under one', async () => {
    const id = await proposed({ amount: credit('1') });
    const before = Number(await postedOn(accounting, to, bob));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => approve(id)));
    expect(outcomes.map(codeOf).sort()).toEqual([...Array<string>(19).fill('ADJUSTMENT_DECIDED'), 'DONE']);
    const other = await proposed({ amount: credit('1') });
    const idempotencyKey = randomUUID();
    const same = await Promise.all(Array.from({ length: 20 }, () => approve(other, second, { idempotencyKey })));
    expect(same.map(codeOf)).toEqual(Array(20).fill('DONE'));
    expect(Number(await postedOn(accounting, to, bob))).toBe(before + 2);
  });

  it('is approved by nobody who proposed it or gains from it, by any path', async () => {
    const id = await proposed();
    expect(codeOf(await approve(id, proposer))).toBe('ADJUSTMENT_OWN');
    const acting = { token: await proposer.actingAs('access'), as: 'access' as const };
    const byService = await accounting.mutate('approveAdjustment', { adjustmentId: id }, VIEW, acting);
    expect(codeOf(byService)).toBe('FORBIDDEN');
    // The database holds against it too.
    await expect(
      accounting.sql('UPDATE adjustment SET status = $2, decided_by = proposed_by, transfer_id = $3 WHERE id = $1', [
        id,
        'APPROVED',
        newId('transfer'),
      ]),
    ).rejects.toThrow(/adjustment_second_person/);

    const mine = await proposed({ creditAccountId: await accounting.accountWith(second, '0') });
    expect(codeOf(await approve(mine))).toBe('ADJUSTMENT_OWN');
    await join(accounting, second, 'MEMBER', wellKnown.groupLocal);
    // An operator sees the group before and after: only the answer tells that the role has come down the feed.
    await vi.waitFor(
      async () => {
        const gain = await proposed({ creditAccountId: wellKnown.accountRevenueLocal, amount: credit('0.000001') });
        expect(codeOf(await approve(gain))).toBe('ADJUSTMENT_OWN');
      },
      { timeout: 10_000 },
    );
    expect(codeOf(await approve(id))).toBe('DONE');
  });

  it('is for operators alone; also who was one is not any more', async () => {
    const id = await proposed();
    for (const person of [alice, bob]) {
      expect(codeOf(await propose({}, person))).toBe('FORBIDDEN');
      expect(codeOf(await approve(id, person))).toBe('FORBIDDEN');
      expect(codeOf(await reject(id, person))).toBe('FORBIDDEN');
      const seen = await accounting.call('query ($id: ID!) { adjustment(id: $id) { id } }', { id }, as(person));
      expect(seen.errors[0]?.extensions.code).toBe('FORBIDDEN');
      const all = await accounting.call('{ adjustments { nodes { id } } }', {}, as(person));
      expect(all.errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
    const former = await accounting.newPerson();
    await makeOperator(former);
    accounting.identity.publish({ kind: 'USER', subject: former.userId, state: 'ACTIVE', data: { operator: false } });
    await vi.waitFor(async () => expect(codeOf(await approve(id, former))).toBe('FORBIDDEN'), { timeout: 10_000 });
    for (const unknown of [newId('adjustment'), 'adj_x', newId('transfer'), 'x\0']) {
      expect(codeOf(await approve(unknown))).toBe('NOT_FOUND');
      expect(codeOf(await reject(unknown))).toBe('NOT_FOUND');
      const seen = await accounting.call(
        'query ($id: ID!) { adjustment(id: $id) { id } }',
        { id: unknown },
        as(second),
      );
      expect(seen.errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });

  it('is rejected with a reason, by its proposer too; then it is not approved, and rejected it stays', async () => {
    const id = await proposed();
    expect((await reject(id, second, '')).payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['reason'] });
    expect((await reject(id)).payload?.['adjustment']).toMatchObject({ status: 'REJECTED', rejection: 'No' });
    expect(codeOf(await reject(id, proposer, 'Again'))).toBe('DONE');
    expect(codeOf(await approve(id))).toBe('ADJUSTMENT_DECIDED');
    const withdrawn = await proposed();
    expect(codeOf(await reject(withdrawn, proposer))).toBe('DONE');
    const done = await proposed({ amount: credit('1') });
    await approve(done);
    expect(codeOf(await reject(done))).toBe('ADJUSTMENT_DECIDED');
  });

  it('expires', async () => {
    const id = await proposed({ expiresInSeconds: 60 });
    await accounting.sql(`UPDATE adjustment SET expires_at = clock_timestamp() WHERE id = $1`, [id]);
    expect(codeOf(await approve(id))).toBe('ADJUSTMENT_EXPIRED');
    expect(codeOf(await reject(id))).toBe('ADJUSTMENT_EXPIRED');
    const list = (status: string) =>
      accounting.call<{ adjustments: { nodes: { id: string; status: string }[] } }>(
        'query ($status: AdjustmentStatus) { adjustments(status: $status, first: 100) { nodes { id status } } }',
        { status },
        as(second),
      );
    expect((await list('EXPIRED')).data?.adjustments.nodes).toContainEqual({ id, status: 'EXPIRED' });
    expect((await list('PROPOSED')).data?.adjustments.nodes.map((node) => node.id)).not.toContain(id);
  });

  it('is listed newest first, in pages', async () => {
    const ids = [await proposed(), await proposed(), await proposed()];
    const page = (after: string | null) =>
      accounting.call<{ adjustments: { nodes: { id: string }[]; pageInfo: { endCursor: string } } }>(
        'query ($after: String) { adjustments(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }',
        { after },
        as(second),
      );
    const first = (await page(null)).data?.adjustments;
    expect(first?.nodes.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await page(first?.pageInfo.endCursor ?? '')).data?.adjustments.nodes[0]?.id).toBe(ids[0]);
    expect((await page('x')).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('that the account cannot pay is refused and stays a proposal', async () => {
    const id = await proposed({ debitAccountId: to, creditAccountId: from, amount: credit('100000') });
    expect((await approve(id)).payload?.refusal).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const { data } = await accounting.call('query ($id: ID!) { adjustment(id: $id) { status } }', { id }, as(proposer));
    expect(data).toEqual({ adjustment: { status: 'PROPOSED' } });
  });

  it('refuses what cannot be one', async () => {
    const cases: [object, string][] = [
      [{ amount: credit('0') }, 'AMOUNT_NOT_POSITIVE'],
      [{ amount: credit('-1') }, 'AMOUNT_NOT_POSITIVE'],
      [{ amount: credit('0.0000001') }, 'AMOUNT_TOO_PRECISE'],
      [{ amount: { amount: '1', unit: 'GOLD' } }, 'UNIT_UNKNOWN'],
      [{ creditAccountId: from }, 'ACCOUNTS_MUST_DIFFER'],
      [{ creditAccountId: wellKnown.accountIssuance }, 'ACCOUNT_TAKES_NO_TRANSFERS'],
      [{ creditAccountId: newId('account') }, 'NOT_FOUND'],
      [{ creditAccountId: undefined }, 'INVALID_INPUT'],
      [{ kind: 'WAIVER' }, 'INVALID_INPUT'],
      [{ kind: 'WAIVER', creditAccountId: undefined }, 'USAGE_NOT_OWED'],
      [{ reason: ' ' }, 'INVALID_INPUT'],
      [{ expiresInSeconds: 59 }, 'INVALID_INPUT'],
      [{ expiresInSeconds: 2_592_001 }, 'INVALID_INPUT'],
    ];
    for (const [more, code] of cases) expect(codeOf(await propose(more)), JSON.stringify(more)).toBe(code);
  });
});

describe('a waiver', () => {
  const owing = async (name: string, hours: number) => {
    const account = await accounting.accountWith(alice, '4');
    const sent = record(name, { user: alice.userId, account, cpuSeconds: String(hours * 3_600) });
    expect(inShort(await send(accounting, cluster, [sent]))).toEqual([`RECORDED 4 owed ${hours - 4}`]);
    return { account, sent };
  };
  const usageOf = async (accountId: string) => {
    const { data } = await accounting.call<{ usage: { nodes: object[]; totals: { amounts: object[] } } }>(
      `query ($accountId: ID!) { usage(filter: { accountId: $accountId }) { nodes { price { amount } charged { amount } waived { amount }
         owed { amount } } totals { amounts { waived { amount } owed { amount } } } } }`,
      { accountId },
      as(alice),
    );
    return data?.usage.nodes[0];
  };

  it('forgives owed use up to its amount, and no money moves', async () => {
    const { account } = await owing('waived', 10);
    const { payload } = await approve(await waiver(account, '5'));
    expect(payload?.['adjustment']).toMatchObject({ kind: 'WAIVER', waived: { amount: '5' }, transfer: null });
    expect(await usageOf(account)).toEqual({
      price: { amount: '10' },
      charged: { amount: '4' },
      waived: { amount: '5' },
      owed: { amount: '1' },
    });
    expect(await postedOn(accounting, account, alice)).toBe('0');
    const rest = await approve(await waiver(account, '100'));
    expect(rest.payload?.['adjustment']).toMatchObject({ waived: { amount: '1' } });
  });

  it('holds against a correction as far as the new price needs it: nothing is charged or given back that was not', async () => {
    const { account, sent } = await owing('waived-corrected', 10);
    await approve(await waiver(account, '6'));
    const again = async (revision: number, hours: number) =>
      inShort(await send(accounting, cluster, [{ ...sent, revision, cpuSeconds: String(hours * 3_600) }]))[0];
    expect(await again(1, 8)).toBe('RECORDED 0');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '4' },
      waived: { amount: '4' },
      owed: { amount: '0' },
    });
    expect(await again(2, 3)).toBe('RECORDED -1');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '3' },
      waived: { amount: '0' },
      owed: { amount: '0' },
    });
    expect(await postedOn(accounting, account, alice)).toBe('1');
    // The price of the first record again: what was forgiven of it is forgiven still.
    expect(await again(3, 10)).toBe('RECORDED 1');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '4' },
      waived: { amount: '6' },
      owed: { amount: '0' },
    });
  });

  it('of what was paid meanwhile is refused', async () => {
    const { account } = await owing('paid-meanwhile', 5);
    const id = await waiver(account, '1');
    await accounting.mutate(
      'deposit',
      { accountId: account, amount: credit('1'), description: 'x' },
      'account { id }',
      as(proposer),
    );
    await accounting.mutate('payUsage', { accountId: account }, 'paid { amount }', as(alice));
    expect(codeOf(await approve(id))).toBe('USAGE_NOT_OWED');
  });
});
