import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { join } from '../budgetSupport.js';
import { credit } from '../support.js';
import { controllerOf, HOUR_AGO, inShort, newCluster, postedOn, record, send } from '../usageSupport.js';
import { usageWorld } from '../usageWorld.js';

const world = usageWorld();
const by = (externalId: string, more: object = {}) => record(externalId, { user: world.alice.userId, ...more });
const conflict = (code: string): string => `CONFLICT 0 ${code}`;
const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe('recordUsage', () => {
  it('charges the user’s account and pays the provider, in one transfer of kind USAGE for a call', async () => {
    const before = await postedOn(world.accounting, world.account, world.alice);
    const revenue = await postedOn(world.accounting, wellKnown.accountRevenueLocal, world.accounting.operator);
    const sent = await send(world.accounting, world.cluster, [
      by('a-1'),
      by('a-2', { cpuSeconds: '7200', segment: 3 }),
    ]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 2']);
    expect(sent.payload?.['charged']).toEqual({ amount: '3' });
    expect(Number(before) - Number(await postedOn(world.accounting, world.account, world.alice))).toBe(3);
    const earned = await postedOn(world.accounting, wellKnown.accountRevenueLocal, world.accounting.operator);
    expect(Number(earned) - Number(revenue)).toBe(3);
    const query = `query ($id: ID!) { account(id: $id) { entries(first: 1) { nodes { amount { amount }
      transfer { kind credit { id } } } } } }`;
    const seen = await world.accounting.call<{ account: { entries: { nodes: object[] } } }>(
      query,
      { id: world.account },
      world.alice,
    );
    expect(seen.data?.account.entries.nodes).toEqual([
      { amount: { amount: '-3' }, transfer: { kind: 'USAGE', credit: { id: wellKnown.accountRevenueLocal } } },
    ]);
  });

  it('is given back by a correction alone: its transfer is not reversed, which would give it back twice', async () => {
    await send(world.accounting, world.cluster, [by('no-reversal')]);
    const { rows } = await world.owner.query<{ id: string }>(
      "SELECT transfer_id AS id FROM usage_record WHERE external_id = 'no-reversal'",
    );
    const input = { transferId: rows[0]?.id, reason: 'Mistake' };
    const provider = await world.accounting.newPerson();
    await join(world.accounting, provider, 'ADMIN', wellKnown.groupLocal);
    const reversed = await world.accounting.mutate('reverseTransfer', input, 'transfer { id }', provider);
    expect(reversed.payload?.refusal?.code).toBe('TRANSFER_NOT_REVERSIBLE');
    const nothing = by('no-reversal', { revision: 1, cpuSeconds: '0' });
    expect(inShort(await send(world.accounting, world.cluster, [nothing]))).toEqual(['RECORDED -1']);
  });

  it('adds up all bases exactly and rounds up once', async () => {
    const all = {
      cpuSeconds: '1',
      gpuSeconds: '1',
      memoryByteSeconds: '1',
      storageByteSeconds: String(2n ** 30n * 2_592_000n),
    };
    // 1/3600 + 10/3600 + a trifle + 1 CREDIT: 1.00305555..., the last millionth rounded up.
    expect(inShort(await send(world.accounting, world.cluster, [by('bases', all)]))).toEqual(['RECORDED 1.003056']);
    const gib = { cpuSeconds: '0', memoryByteSeconds: String(2n ** 30n * 3_600n) };
    expect(inShort(await send(world.accounting, world.cluster, [by('memory', gib)]))).toEqual(['RECORDED 0.25']);
    expect(inShort(await send(world.accounting, world.cluster, [by('nothing', { cpuSeconds: '0' })]))).toEqual([
      'RECORDED 0',
    ]);
    const huge = { cpuSeconds: '0', memoryByteSeconds: '99999999999999999999' };
    expect(
      inShort(await send(world.accounting, world.cluster, [by('many bytes', { ...huge, account: await rich() })])),
    ).toEqual(['RECORDED 6467517.879275']);
  });

  const rich = async (): Promise<string> => world.accounting.accountWith(world.alice, '10000000');

  it('records each record once for ever: again it is REPLAYED, changed it is a CONFLICT', async () => {
    const first = await send(world.accounting, world.cluster, [by('once')], { idempotencyKey: 'once' });
    expect(inShort(first)).toEqual(['RECORDED 1']);
    const before = await postedOn(world.accounting, world.account, world.alice);
    expect(inShort(await send(world.accounting, world.cluster, [by('once')]))).toEqual(['REPLAYED 0']);
    expect(await send(world.accounting, world.cluster, [by('once')], { idempotencyKey: 'once' })).toEqual(first);
    expect(inShort(await send(world.accounting, world.cluster, [by('other')], { idempotencyKey: 'once' }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    for (const change of [
      { cpuSeconds: '3601' },
      { gpuSeconds: '1' },
      { memoryByteSeconds: '1' },
      { storageByteSeconds: '1' },
      { account: world.account },
      { metadata: [{ name: 'a', value: 'b' }] },
      { end: fromNow(-1_000) },
    ]) {
      expect(inShort(await send(world.accounting, world.cluster, [by('once', change)]))).toEqual([
        conflict('USAGE_CONFLICT'),
      ]);
    }
    expect(await postedOn(world.accounting, world.account, world.alice)).toBe(before);
    const other = await newCluster(world.accounting);
    expect(inShort(await send(world.accounting, other, [by('once')]))).toEqual(['RECORDED 1']);
  });

  it('records and charges once when 20 send the same in parallel', async () => {
    const before = Number(await postedOn(world.accounting, world.account, world.alice));
    const records = Array.from({ length: 50 }, (_, at) => by(`parallel-${at}`));
    const sent = await Promise.all(Array.from({ length: 20 }, () => send(world.accounting, world.cluster, records)));
    const recorded = sent.flatMap(inShort).filter((result) => result === 'RECORDED 1');
    expect(recorded).toHaveLength(50);
    expect(sent.flatMap(inShort).filter((result) => result === 'REPLAYED 0')).toHaveLength(950);
    expect(before - Number(await postedOn(world.accounting, world.account, world.alice))).toBe(50);
  });

  it('takes one key once when it is used 20 times in parallel', async () => {
    const key = { idempotencyKey: randomUUID() };
    const sent = await Promise.all(
      Array.from({ length: 20 }, () => send(world.accounting, world.cluster, [by('one-key')], key)),
    );
    expect(new Set(sent.flatMap(inShort))).toEqual(new Set(['RECORDED 1']));
  });

  it('posts only the difference of a correction, up or down, each once', async () => {
    await send(world.accounting, world.cluster, [by('fix')]);
    const before = Number(await postedOn(world.accounting, world.account, world.alice));
    const up = by('fix', { revision: 1, cpuSeconds: '36000' });
    expect(inShort(await send(world.accounting, world.cluster, [up]))).toEqual(['RECORDED 9']);
    expect(inShort(await send(world.accounting, world.cluster, [up]))).toEqual(['REPLAYED 0']);
    const down = by('fix', { revision: 5, cpuSeconds: '1800' });
    expect(inShort(await send(world.accounting, world.cluster, [down]))).toEqual(['RECORDED -9.5']);
    expect(before - Number(await postedOn(world.accounting, world.account, world.alice))).toBe(-0.5);
    // What was said before is still known, and nothing else is taken under an old revision.
    expect(inShort(await send(world.accounting, world.cluster, [by('fix')]))).toEqual(['REPLAYED 0']);
    expect(inShort(await send(world.accounting, world.cluster, [up]))).toEqual(['REPLAYED 0']);
    const forged = by('fix', { revision: 1, cpuSeconds: '1' });
    expect(inShort(await send(world.accounting, world.cluster, [forged]))).toEqual([conflict('USAGE_CONFLICT')]);
    const never = by('fix', { revision: 3 });
    expect(inShort(await send(world.accounting, world.cluster, [never]))).toEqual([conflict('USAGE_CONFLICT')]);
  });

  it('posts what parallel corrections come to, also while what is owed is paid', async () => {
    const payer = await world.accounting.newPerson();
    const account = await world.accounting.accountWith(payer, '30');
    const used = (revision: number, hours: number) =>
      send(world.accounting, world.cluster, [
        record('corrected-at-once', { user: payer.userId, account, revision, cpuSeconds: String(hours * 3_600) }),
      ]);
    await used(0, 40);
    const deposit = { accountId: account, amount: credit('100'), description: 'x' };
    await world.accounting.mutate('deposit', deposit, 'account { id }', { token: world.accounting.operator.token });
    const outcomes = await Promise.all([
      ...Array.from({ length: 6 }, (_, n) => used(n + 1, 41 + n)),
      ...Array.from({ length: 5 }, () =>
        world.accounting.mutate('payUsage', { accountId: account }, 'account { id }', { token: payer.token }),
      ),
    ]);
    expect(outcomes.map(({ fault }) => fault).filter((fault) => fault !== null)).toEqual([]);
    expect(inShort(await used(7, 50))[0]).toMatch(/^RECORDED/);
    expect(await postedOn(world.accounting, account, payer)).toBe('80');
  });

  it('does not let a correction change who pays', async () => {
    await send(world.accounting, world.cluster, [by('mine')]);
    const bob = await world.accounting.newPerson();
    await world.accounting.accountWith(bob, '10');
    const moved = record('mine', { user: bob.userId, revision: 1 });
    expect(inShort(await send(world.accounting, world.cluster, [moved]))).toEqual([conflict('USAGE_PAYER_CHANGED')]);
  });

  it('rejects what cannot be recorded, each with its code, and records its neighbours', async () => {
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '10');
    const closed = await world.accounting.accountWith(world.alice, '0');
    await world.owner.query("UPDATE account SET status = 'CLOSED' WHERE id = $1", [closed]);
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
    const sent = await send(world.accounting, world.cluster, [
      by('left'),
      ...cases.map(([input]) => input),
      by('right'),
    ]);
    expect(inShort(sent)).toEqual(['RECORDED 1', ...cases.map(([, code]) => `REJECTED 0 ${code}`), 'RECORDED 1']);
    // A rejected record is not remembered: once it can be recorded, it is.
    const late = await world.accounting.newPerson();
    const early = record('early', { user: late.userId });
    expect(inShort(await send(world.accounting, world.cluster, [early]))).toEqual(['REJECTED 0 USAGE_PAYER_UNKNOWN']);
    await world.accounting.accountWith(late, '5');
    expect(inShort(await send(world.accounting, world.cluster, [early]))).toEqual(['RECORDED 1']);
  });

  it('knows a record again whose account was closed since', async () => {
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '1');
    const sent = record('closed-since', { user: bob.userId });
    expect(inShort(await send(world.accounting, world.cluster, [sent]))).toEqual(['RECORDED 1']);
    await world.owner.query("UPDATE account SET status = 'CLOSED' WHERE id = $1", [bobs]);
    expect(inShort(await send(world.accounting, world.cluster, [sent]))).toEqual(['REPLAYED 0']);
  });

  it('looks once at a record that stands twice in a call', async () => {
    const sent = await send(world.accounting, world.cluster, [by('twin'), by('twin'), by('twin', { cpuSeconds: '1' })]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'REPLAYED 0', conflict('USAGE_CONFLICT')]);
    const bad = record('bad-twin', { user: newId('user') });
    expect(inShort(await send(world.accounting, world.cluster, [bad, bad]))).toEqual(
      Array(2).fill('REJECTED 0 USAGE_PAYER_UNKNOWN'),
    );
  });

  it('does not charge jobs that Tollgate settles itself', async () => {
    const sent = await send(world.accounting, world.cluster, [by(newId('job')), by('job_of_slurm')]);
    expect(inShort(sent)).toEqual(['REPLAYED 0', 'RECORDED 1']);
  });

  it('refuses calls without records and with too many, and answers an unpriced cluster', async () => {
    expect(inShort(await send(world.accounting, world.cluster, [], { idempotencyKey: 'none' }))).toEqual([
      'INVALID_INPUT',
    ]);
    expect(inShort(await send(world.accounting, world.cluster, [by('x')], { idempotencyKey: 'none' }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    const many = Array.from({ length: 1_001 }, (_, at) => by(`many-${at}`));
    expect(inShort(await send(world.accounting, world.cluster, many))).toEqual(['BATCH_TOO_LARGE']);
    const clusterId = newId('cluster');
    const unpriced = { clusterId, controller: await controllerOf(world.accounting, [clusterId]) };
    expect(inShort(await send(world.accounting, unpriced, [by('a')]))).toEqual(['REJECTED - RATES_MISSING']);
  });

  it('is for the controller of the cluster alone', async () => {
    const records = [by('rights')];
    const other = await controllerOf(world.accounting, [newId('cluster')]);
    const noScope = await controllerOf(world.accounting, [world.cluster.clusterId], ['compute:control']);
    const codes = await Promise.all(
      [other, noScope, world.alice, world.accounting.operator].map(async (controller) =>
        inShort(await send(world.accounting, { ...world.cluster, controller }, records)),
      ),
    );
    expect(codes.flat()).toEqual(['NOT_FOUND', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    const anonymous = await world.accounting.mutate(
      'recordUsage',
      { clusterId: world.cluster.clusterId, records },
      'charged { amount }',
      {},
    );
    expect(anonymous.fault).toBe('UNAUTHENTICATED');
  });
});
