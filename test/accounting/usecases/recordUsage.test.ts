import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';
import { connectDatabase } from '../../../subgraphs/accounting/persistence/database.js';
import { makeSqlUsage } from '../../../subgraphs/accounting/persistence/sqlUsage.js';
import { join } from '../budgetSupport.js';
import { type AccountingHarness, credit, startAccountingHarness, type TestPerson } from '../support.js';
import {
  controllerOf,
  HOUR_AGO,
  inShort,
  newCluster,
  postedOn,
  record,
  send,
  type TestCluster,
} from '../usageSupport.js';

let accounting: AccountingHarness;
let cluster: TestCluster;
let alice: TestPerson;
let account: string;
let owner: pg.Client;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  alice = await accounting.newPerson();
  account = await accounting.accountWith(alice, '1000');
  owner = new pg.Client({ connectionString: accounting.settings.database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await accounting.stop();
});

const by = (externalId: string, more: object = {}) => record(externalId, { user: alice.userId, ...more });
const conflict = (code: string): string => `CONFLICT 0 ${code}`;
const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe('recordUsage', () => {
  it('charges the user’s account and pays the provider, in one transfer of kind USAGE for a call', async () => {
    const before = await postedOn(accounting, account, alice);
    const revenue = await postedOn(accounting, wellKnown.accountRevenueLocal, accounting.operator);
    const sent = await send(accounting, cluster, [by('a-1'), by('a-2', { cpuSeconds: '7200', segment: 3 })]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 2']);
    expect(sent.payload?.['charged']).toEqual({ amount: '3' });
    expect(Number(before) - Number(await postedOn(accounting, account, alice))).toBe(3);
    const earned = await postedOn(accounting, wellKnown.accountRevenueLocal, accounting.operator);
    expect(Number(earned) - Number(revenue)).toBe(3);
    const query = `query ($id: ID!) { account(id: $id) { entries(first: 1) { nodes { amount { amount }
      transfer { kind credit { id } } } } } }`;
    const seen = await accounting.call<{ account: { entries: { nodes: object[] } } }>(query, { id: account }, alice);
    expect(seen.data?.account.entries.nodes).toEqual([
      { amount: { amount: '-3' }, transfer: { kind: 'USAGE', credit: { id: wellKnown.accountRevenueLocal } } },
    ]);
  });

  it('is given back by a correction alone: its transfer is not reversed, which would give it back twice', async () => {
    await send(accounting, cluster, [by('no-reversal')]);
    const { rows } = await owner.query<{ id: string }>(
      "SELECT transfer_id AS id FROM usage_record WHERE external_id = 'no-reversal'",
    );
    const input = { transferId: rows[0]?.id, reason: 'Mistake' };
    const provider = await accounting.newPerson();
    await join(accounting, provider, 'ADMIN', wellKnown.groupLocal);
    const reversed = await accounting.mutate('reverseTransfer', input, 'transfer { id }', provider);
    expect(reversed.payload?.refusal?.code).toBe('TRANSFER_NOT_REVERSIBLE');
    const nothing = by('no-reversal', { revision: 1, cpuSeconds: '0' });
    expect(inShort(await send(accounting, cluster, [nothing]))).toEqual(['RECORDED -1']);
  });

  it('adds up all bases exactly and rounds up once', async () => {
    const all = {
      cpuSeconds: '1',
      gpuSeconds: '1',
      memoryByteSeconds: '1',
      storageByteSeconds: String(2n ** 30n * 2_592_000n),
    };
    // 1/3600 + 10/3600 + a trifle + 1 CREDIT: 1.00305555..., the last millionth rounded up.
    expect(inShort(await send(accounting, cluster, [by('bases', all)]))).toEqual(['RECORDED 1.003056']);
    const gib = { cpuSeconds: '0', memoryByteSeconds: String(2n ** 30n * 3_600n) };
    expect(inShort(await send(accounting, cluster, [by('memory', gib)]))).toEqual(['RECORDED 0.25']);
    expect(inShort(await send(accounting, cluster, [by('nothing', { cpuSeconds: '0' })]))).toEqual(['RECORDED 0']);
    const huge = { cpuSeconds: '0', memoryByteSeconds: '99999999999999999999' };
    expect(inShort(await send(accounting, cluster, [by('many bytes', { ...huge, account: await rich() })]))).toEqual([
      'RECORDED 6467517.879275',
    ]);
  });

  const rich = async (): Promise<string> => accounting.accountWith(alice, '10000000');

  it('records each record once for ever: again it is REPLAYED, changed it is a CONFLICT', async () => {
    const first = await send(accounting, cluster, [by('once')], { idempotencyKey: 'once' });
    expect(inShort(first)).toEqual(['RECORDED 1']);
    const before = await postedOn(accounting, account, alice);
    expect(inShort(await send(accounting, cluster, [by('once')]))).toEqual(['REPLAYED 0']);
    expect(await send(accounting, cluster, [by('once')], { idempotencyKey: 'once' })).toEqual(first);
    expect(inShort(await send(accounting, cluster, [by('other')], { idempotencyKey: 'once' }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    for (const change of [
      { cpuSeconds: '3601' },
      { gpuSeconds: '1' },
      { memoryByteSeconds: '1' },
      { storageByteSeconds: '1' },
      { account },
      { metadata: [{ name: 'a', value: 'b' }] },
      { end: fromNow(-1_000) },
    ]) {
      expect(inShort(await send(accounting, cluster, [by('once', change)]))).toEqual([conflict('USAGE_CONFLICT')]);
    }
    expect(await postedOn(accounting, account, alice)).toBe(before);
    const other = await newCluster(accounting);
    expect(inShort(await send(accounting, other, [by('once')]))).toEqual(['RECORDED 1']);
  });

  it('records and charges once when 20 send the same in parallel', async () => {
    const before = Number(await postedOn(accounting, account, alice));
    const records = Array.from({ length: 50 }, (_, at) => by(`parallel-${at}`));
    const sent = await Promise.all(Array.from({ length: 20 }, () => send(accounting, cluster, records)));
    const recorded = sent.flatMap(inShort).filter((result) => result === 'RECORDED 1');
    expect(recorded).toHaveLength(50);
    expect(sent.flatMap(inShort).filter((result) => result === 'REPLAYED 0')).toHaveLength(950);
    expect(before - Number(await postedOn(accounting, account, alice))).toBe(50);
  });

  it('takes one key once when it is used 20 times in parallel', async () => {
    const key = { idempotencyKey: randomUUID() };
    const sent = await Promise.all(Array.from({ length: 20 }, () => send(accounting, cluster, [by('one-key')], key)));
    expect(new Set(sent.flatMap(inShort))).toEqual(new Set(['RECORDED 1']));
  });

  it('posts only the difference of a correction, up or down, each once', async () => {
    await send(accounting, cluster, [by('fix')]);
    const before = Number(await postedOn(accounting, account, alice));
    const up = by('fix', { revision: 1, cpuSeconds: '36000' });
    expect(inShort(await send(accounting, cluster, [up]))).toEqual(['RECORDED 9']);
    expect(inShort(await send(accounting, cluster, [up]))).toEqual(['REPLAYED 0']);
    const down = by('fix', { revision: 5, cpuSeconds: '1800' });
    expect(inShort(await send(accounting, cluster, [down]))).toEqual(['RECORDED -9.5']);
    expect(before - Number(await postedOn(accounting, account, alice))).toBe(-0.5);
    // What was said before is still known, and nothing else is taken under an old revision.
    expect(inShort(await send(accounting, cluster, [by('fix')]))).toEqual(['REPLAYED 0']);
    expect(inShort(await send(accounting, cluster, [up]))).toEqual(['REPLAYED 0']);
    const forged = by('fix', { revision: 1, cpuSeconds: '1' });
    expect(inShort(await send(accounting, cluster, [forged]))).toEqual([conflict('USAGE_CONFLICT')]);
    const never = by('fix', { revision: 3 });
    expect(inShort(await send(accounting, cluster, [never]))).toEqual([conflict('USAGE_CONFLICT')]);
  });

  it('posts what parallel corrections come to, also while what is owed is paid', async () => {
    const payer = await accounting.newPerson();
    const account = await accounting.accountWith(payer, '30');
    const used = (revision: number, hours: number) =>
      send(accounting, cluster, [
        record('corrected-at-once', { user: payer.userId, account, revision, cpuSeconds: String(hours * 3_600) }),
      ]);
    await used(0, 40);
    const deposit = { accountId: account, amount: credit('100'), description: 'x' };
    await accounting.mutate('deposit', deposit, 'account { id }', { token: accounting.operator.token });
    const outcomes = await Promise.all([
      ...Array.from({ length: 6 }, (_, n) => used(n + 1, 41 + n)),
      ...Array.from({ length: 5 }, () =>
        accounting.mutate('payUsage', { accountId: account }, 'account { id }', { token: payer.token }),
      ),
    ]);
    expect(outcomes.map(({ fault }) => fault).filter((fault) => fault !== null)).toEqual([]);
    expect(inShort(await used(7, 50))[0]).toMatch(/^RECORDED/);
    expect(await postedOn(accounting, account, payer)).toBe('80');
  });

  it('does not let a correction change who pays', async () => {
    await send(accounting, cluster, [by('mine')]);
    const bob = await accounting.newPerson();
    await accounting.accountWith(bob, '10');
    const moved = record('mine', { user: bob.userId, revision: 1 });
    expect(inShort(await send(accounting, cluster, [moved]))).toEqual([conflict('USAGE_PAYER_CHANGED')]);
  });

  it('rejects what cannot be recorded, each with its code, and records its neighbours', async () => {
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '10');
    const closed = await accounting.accountWith(alice, '0');
    await owner.query("UPDATE account SET status = 'CLOSED' WHERE id = $1", [closed]);
    const cases: readonly (readonly [object, string])[] = [
      [by('future', { end: fromNow(60_000) }), 'USAGE_IN_FUTURE'],
      [by('backwards', { end: new Date(HOUR_AGO.getTime() - 1).toISOString() }), 'USAGE_PERIOD_INVALID'],
      [by('long', { start: fromNow(-32 * 86_400_000) }), 'USAGE_PERIOD_INVALID'],
      [by('negative', { cpuSeconds: '-1' }), 'USAGE_NEGATIVE'],
      [by('segment', { segment: -1 }), 'USAGE_NEGATIVE'],
      [by('seconds', { gpuSeconds: '9223372036854775808' }), 'USAGE_TOO_LARGE'],
      [by('amount', { cpuSeconds: '9223372036854775807' }), 'AMOUNT_TOO_LARGE'],
      [by('before', { start: fromNow(-2 * 86_400_000) }), 'RATES_MISSING'],
      [by('resource', { resource: 'unheard-of' }), 'USAGE_RESOURCE_UNKNOWN'],
      [record('nobody'), 'USAGE_PAYER_UNKNOWN'],
      [record('stranger', { user: newId('user') }), 'USAGE_PAYER_UNKNOWN'],
      [record('no id', { user: 'alice' }), 'USAGE_PAYER_UNKNOWN'],
      [record('no group', { group: newId('group') }), 'USAGE_PAYER_UNKNOWN'],
      [record('no account', { account: newId('account') }), 'USAGE_PAYER_UNKNOWN'],
      [by('another’s', { account: bobs }), 'USAGE_ACCOUNT_MISMATCH'],
      [by('revenue', { account: wellKnown.accountRevenueLocal }), 'USAGE_ACCOUNT_MISMATCH'],
      [by('closed', { account: closed }), 'ACCOUNT_CLOSED'],
      [by(''), 'INVALID_INPUT'],
      [by('line\nfeed'), 'INVALID_INPUT'],
      [by('x'.repeat(256)), 'INVALID_INPUT'],
      [by('metadata', { metadata: Array(2).fill({ name: 'a', value: 'b' }) }), 'INVALID_INPUT'],
    ];
    const sent = await send(accounting, cluster, [by('left'), ...cases.map(([input]) => input), by('right')]);
    expect(inShort(sent)).toEqual(['RECORDED 1', ...cases.map(([, code]) => `REJECTED 0 ${code}`), 'RECORDED 1']);
    // A rejected record is not remembered: once it can be recorded, it is.
    const late = await accounting.newPerson();
    const early = record('early', { user: late.userId });
    expect(inShort(await send(accounting, cluster, [early]))).toEqual(['REJECTED 0 USAGE_PAYER_UNKNOWN']);
    await accounting.accountWith(late, '5');
    expect(inShort(await send(accounting, cluster, [early]))).toEqual(['RECORDED 1']);
  });

  it('knows a record again whose account was closed since', async () => {
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '1');
    const sent = record('closed-since', { user: bob.userId });
    expect(inShort(await send(accounting, cluster, [sent]))).toEqual(['RECORDED 1']);
    await owner.query("UPDATE account SET status = 'CLOSED' WHERE id = $1", [bobs]);
    expect(inShort(await send(accounting, cluster, [sent]))).toEqual(['REPLAYED 0']);
  });

  it('looks once at a record that stands twice in a call', async () => {
    const sent = await send(accounting, cluster, [by('twin'), by('twin'), by('twin', { cpuSeconds: '1' })]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'REPLAYED 0', conflict('USAGE_CONFLICT')]);
    const bad = record('bad-twin', { user: newId('user') });
    expect(inShort(await send(accounting, cluster, [bad, bad]))).toEqual(
      Array(2).fill('REJECTED 0 USAGE_PAYER_UNKNOWN'),
    );
  });

  it('does not charge jobs that Tollgate settles itself', async () => {
    const sent = await send(accounting, cluster, [by(newId('job')), by('job_of_slurm')]);
    expect(inShort(sent)).toEqual(['REPLAYED 0', 'RECORDED 1']);
  });

  it('refuses calls without records and with too many, and answers an unpriced cluster', async () => {
    expect(inShort(await send(accounting, cluster, [], { idempotencyKey: 'none' }))).toEqual(['INVALID_INPUT']);
    expect(inShort(await send(accounting, cluster, [by('x')], { idempotencyKey: 'none' }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    const many = Array.from({ length: 1_001 }, (_, at) => by(`many-${at}`));
    expect(inShort(await send(accounting, cluster, many))).toEqual(['BATCH_TOO_LARGE']);
    const clusterId = newId('cluster');
    const unpriced = { clusterId, controller: await controllerOf(accounting, [clusterId]) };
    expect(inShort(await send(accounting, unpriced, [by('a')]))).toEqual(['REJECTED - RATES_MISSING']);
  });

  it('is for the controller of the cluster alone', async () => {
    const records = [by('rights')];
    const other = await controllerOf(accounting, [newId('cluster')]);
    const noScope = await controllerOf(accounting, [cluster.clusterId], ['compute:control']);
    const codes = await Promise.all(
      [other, noScope, alice, accounting.operator].map(async (controller) =>
        inShort(await send(accounting, { ...cluster, controller }, records)),
      ),
    );
    expect(codes.flat()).toEqual(['NOT_FOUND', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    const anonymous = await accounting.mutate(
      'recordUsage',
      { clusterId: cluster.clusterId, records },
      'charged { amount }',
      {},
    );
    expect(anonymous.fault).toBe('UNAUTHENTICATED');
  });
});

describe('an account that lacks the money', () => {
  const owed = (externalId: string, user: TestPerson, more: object = {}) =>
    record(externalId, { user: user.userId, ...more });
  const deposit = (accountId: string, amount: string) =>
    accounting.mutate('deposit', { accountId, amount: credit(amount), description: 'Test' }, 'transfer { id }', {
      token: accounting.operator.token,
    });
  const collect = async (): Promise<number> => {
    const prisma = connectDatabase(accounting.settings.database.appUrl);
    return makeSqlUsage(prisma, ledgerLimitsDefault)
      .collect()
      .finally(() => prisma.$disconnect());
  };

  it('pays what it can, in the order of the records; the rest is owed and collected when money comes', async () => {
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '2.5');
    const sent = await send(accounting, cluster, [
      owed('o-1', bob),
      owed('o-2', bob, { cpuSeconds: '7200' }),
      owed('o-3', bob),
    ]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 1.5 owed 0.5', 'RECORDED 0 owed 1']);
    expect(await postedOn(accounting, bobs, bob)).toBe('0');
    expect(inShort(await send(accounting, cluster, [owed('o-3', bob)]))).toEqual(['REPLAYED 0']);
    expect(await collect()).toBe(0);
    await deposit(bobs, '1');
    expect(await collect()).toBe(1);
    expect(await postedOn(accounting, bobs, bob)).toBe('0');
    await deposit(bobs, '10');
    expect(await collect()).toBe(1);
    expect(await collect()).toBe(0);
    expect(await postedOn(accounting, bobs, bob)).toBe('9.5');
  });

  it('pays nothing while it is frozen, and owes only what a correction leaves', async () => {
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '10');
    await owner.query("UPDATE account SET status = 'FROZEN' WHERE id = $1", [bobs]);
    expect(inShort(await send(accounting, cluster, [owed('f-1', bob)]))).toEqual(['RECORDED 0 owed 1']);
    const less = owed('f-1', bob, { revision: 1, cpuSeconds: '1800' });
    expect(inShort(await send(accounting, cluster, [less]))).toEqual(['RECORDED 0 owed 0.5']);
    expect(await collect()).toBe(0);
    await owner.query("UPDATE account SET status = 'OPEN' WHERE id = $1", [bobs]);
    expect(await collect()).toBe(1);
    expect(await postedOn(accounting, bobs, bob)).toBe('9.5');
  });

  it('is given back later what a provider cannot give back now', async () => {
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '10');
    await send(accounting, cluster, [owed('b-1', bob, { cpuSeconds: '36000' })]);
    await owner.query("UPDATE account SET status = 'FROZEN' WHERE id = $1", [wellKnown.accountRevenueLocal]);
    const less = owed('b-1', bob, { revision: 1, cpuSeconds: '3600' });
    expect(inShort(await send(accounting, cluster, [less]))).toEqual(['RECORDED 0 owed -9']);
    expect(await collect()).toBe(0);
    await owner.query("UPDATE account SET status = 'OPEN' WHERE id = $1", [wellKnown.accountRevenueLocal]);
    expect(await collect()).toBe(1);
    expect(await postedOn(accounting, bobs, bob)).toBe('9');
  });

  it('is collected for one provider though another, before it, cannot give back what it owes', async () => {
    const poor = 'acc_00000000000000000000000000';
    const groupId = newId('group');
    const admin = await accounting.newPerson();
    await join(accounting, admin, 'ADMIN', groupId);
    await owner.query(
      "INSERT INTO account (id, name, kind, unit, owner_id) VALUES ($1, 'Poor', 'REVENUE', 'CREDIT', $2)",
      [poor, groupId],
    );
    const other = await newCluster(accounting);
    await owner.query('UPDATE rate_card SET payee_id = $1 WHERE cluster_id = $2', [poor, other.clusterId]);
    const bob = await accounting.newPerson();
    const bobs = await accounting.accountWith(bob, '1');
    expect(inShort(await send(accounting, other, [owed('p-1', bob)]))).toEqual(['RECORDED 1']);
    const away = { debitAccountId: poor, creditAccountId: account, amount: credit('0.9'), description: 'Spent' };
    const spent = await accounting.mutate('transfer', away, 'transfer { id }', admin);
    expect(spent.payload?.refusal).toBeNull();
    const less = owed('p-1', bob, { revision: 1, cpuSeconds: '0' });
    expect(inShort(await send(accounting, other, [less]))).toEqual(['RECORDED 0 owed -1']);
    const carol = await accounting.newPerson();
    const carols = await accounting.accountWith(carol, '0');
    expect(inShort(await send(accounting, cluster, [owed('p-2', carol)]))).toEqual(['RECORDED 0 owed 1']);
    await deposit(carols, '1');
    expect(await collect()).toBe(1);
    expect(await postedOn(accounting, carols, carol)).toBe('0');
    expect(await postedOn(accounting, bobs, bob)).toBe('0');
  });
});
