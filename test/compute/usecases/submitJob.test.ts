import { afterEach, beforeEach, expect, test } from 'vitest';
import { unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { recoverSubmission } from '../../../subgraphs/compute/usecases/recoverSubmission.js';
import { code, type Fixture, person, startFixture, TRACE, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture({ trusted: new Set() });
});
afterEach(() => fixture.close());

const inputs = [{ driveId: newId('drive'), path: '/data/a.bin', as: 'a.bin' }];

test('pins the inputs, holds the highest price and queues the job', async () => {
  const job = await fixture.submit({ inputs, resources: { cpusPerTask: 2, wallTimeSeconds: 1_800 } });
  expect(job).toMatchObject({ status: 'PENDING', submission: 'READY', command: ['/bin/true'], script: null });
  expect(fixture.peers.calls).toEqual(['exchangeToken', 'exchangeToken', 'pinJobInput', 'placeHold']);
  const hold = fixture.peers.holds.get(job.holdId ?? '');
  // 2 cores for half an hour at 1 CREDIT per core-hour.
  expect(hold?.placed.amount).toEqual({ micros: 1_000_000n, unit: 'CREDIT' });
  expect(hold?.placed.key).toBe(`${job.id}:hold`);
  expect(await fixture.database.jobs.tokens(job.id)).toBeNull();
});

test('a repeated submit gives the same job, with one hold; other input is refused', async () => {
  const input = fixture.input();
  const first = value(await fixture.usecases.submitJob(fixture.call(), input));
  const again = value(await fixture.usecases.submitJob(fixture.call(), input));
  expect(again.id).toBe(first.id);
  expect(fixture.peers.holds.size).toBe(1);
  const other = await fixture.usecases.submitJob(fixture.call(), { ...input, name: 'another' });
  expect(code(other)).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('the same submit 10 times at once makes one job and one hold', async () => {
  const input = fixture.input({ inputs });
  const results = await Promise.all(
    Array.from({ length: 10 }, () => fixture.usecases.submitJob(fixture.call(), input)),
  );
  expect(new Set(results.map((result) => value(result).id)).size).toBe(1);
  expect(fixture.peers.holds.size).toBe(1);
});

test('20 parallel submits over money for 2 make 2 jobs, and nothing is left of the others', async () => {
  fixture.peers.availableMicros = 2_500_000n;
  const results = await Promise.all(
    Array.from({ length: 20 }, () => fixture.usecases.submitJob(fixture.call(), fixture.input())),
  );
  expect(results.filter(({ ok }) => ok)).toHaveLength(2);
  const refused = results.filter(({ ok }) => !ok).map(code);
  expect(new Set(refused)).toEqual(new Set(['INSUFFICIENT_FUNDS']));
  expect(fixture.peers.holds.size).toBe(2);
  const shown = await fixture.usecases.listJobsOfUser(fixture.call(), fixture.holder.userId, { first: 100 });
  expect(shown.nodes).toHaveLength(2);
});

test('a submit that money lacks for is refused with the shortfall, again and again, and pins nothing', async () => {
  fixture.peers.availableMicros = 400_000n;
  const input = fixture.input({ inputs });
  const first = await fixture.usecases.submitJob(fixture.call(), input);
  expect(first).toMatchObject({
    ok: false,
    refusal: {
      code: 'INSUFFICIENT_FUNDS',
      shortfall: { micros: 600_000n, unit: 'CREDIT' },
      message:
        'The grant has 0.4 CREDIT left that no other job reserves, and this job may cost up to 1 CREDIT: ' +
        '0.6 CREDIT are missing. Ask for fewer cores or less wall time, or for another grant with requestAccess.',
    },
  });
  expect(await fixture.usecases.submitJob(fixture.call(), input)).toEqual(first);
  const [row] = await fixture.database.sql.$queryRawUnsafe<{ count: bigint }[]>(
    `SELECT count(*) AS count FROM graphile_worker.jobs WHERE task_identifier = 'compute.unpinInputs'`,
  );
  expect(row?.count).toBe(2n);
});

test.each([
  ['accountId', { accountId: newId('account') }, 'NOT_SUPPORTED'],
  ['image', { image: 'debian' }, 'NOT_SUPPORTED'],
  ['outputs', { outputs: { driveId: newId('drive'), path: '/' } }, 'NOT_SUPPORTED'],
  ['arraySize', { arraySize: 3 }, 'NOT_SUPPORTED'],
  ['dependsOn', { dependsOn: [newId('job')] }, 'NOT_SUPPORTED'],
  ['grantId', { grantId: null }, 'INVALID_INPUT'],
  ['command', { command: null }, 'INVALID_INPUT'],
  ['script', { script: '#!/bin/sh\n' }, 'INVALID_INPUT'],
  ['name', { name: 'a\u0000b' }, 'INVALID_INPUT'],
] as const)('%s is refused by name', async (field, changes, expected) => {
  const result = await fixture.usecases.submitJob(fixture.call(), fixture.input(changes));
  expect(result).toMatchObject({ ok: false, refusal: { code: expected, path: [field] } });
  expect(fixture.peers.calls).toEqual([]);
});

test.each([
  ['nodes', { nodes: 2, wallTimeSeconds: 60 }],
  ['gpus', { gpus: 1, wallTimeSeconds: 60 }],
  ['cpusPerTask', { tasks: 3, cpusPerTask: 3, wallTimeSeconds: 60 }],
  ['memory', { memory: 2_000_000n, wallTimeSeconds: 60 }],
] as const)('%s beyond the cluster is RESOURCES_UNAVAILABLE', async (field, resources) => {
  await fixture.usecases.heartbeat(fixture.controller(), {
    clusterId: fixture.input().clusterId,
    isolated: true,
    cores: 8,
    memory: 1_000_000n,
    leases: [],
  });
  const result = await fixture.usecases.submitJob(fixture.call(), fixture.input({ resources }));
  expect(result).toMatchObject({
    ok: false,
    refusal: { code: 'RESOURCES_UNAVAILABLE', path: ['resources', field] },
  });
});

test('holder, window, status and cluster of the grant are checked: GRANT_NOT_USABLE', async () => {
  const submit = async (changes: Parameters<Fixture['input']>[0], viewer = fixture.holder) =>
    code(await fixture.usecases.submitJob(fixture.call(viewer), fixture.input(changes)));
  expect(await submit({}, person())).toBe('GRANT_NOT_USABLE');
  expect(await submit({ grantId: newId('grant') })).toBe('GRANT_NOT_USABLE');
  for (const text of ['nonsense', 'grt_\u0000', 'grt_\ud800', newId('job')]) {
    expect(await submit({ grantId: text })).toBe('GRANT_NOT_USABLE');
    expect(await submit({ clusterId: text })).toBe('GRANT_NOT_USABLE');
  }
  expect(await submit({ clusterId: newId('cluster') })).toBe('GRANT_NOT_USABLE');
  expect(await submit({ grantId: await fixture.allocate({ activate: false }) })).toBe('GRANT_NOT_USABLE');
  const later = new Date(fixture.now.getTime() + 1_000);
  expect(await submit({ grantId: await fixture.allocate({ startsAt: later }) })).toBe('GRANT_NOT_USABLE');
  const over = await fixture.allocate({ endsAt: fixture.now });
  expect(await submit({ grantId: over })).toBe('GRANT_NOT_USABLE');
  expect(fixture.peers.holds.size).toBe(0);
});

test('a cluster that cannot isolate refuses all but the trusted: NOT_ISOLATED', async () => {
  const told = { clusterId: fixture.input().clusterId, isolated: false, leases: [] };
  await fixture.usecases.heartbeat(fixture.controller(), told);
  expect(code(await fixture.usecases.submitJob(fixture.call(), fixture.input()))).toBe('NOT_ISOLATED');
  const operator = { ...fixture.holder, operator: true };
  const job = value(await fixture.usecases.submitJob(fixture.call(operator), fixture.input()));
  expect(job.isolationRequired).toBe(false);
});

test('without the scope, signed in as a program or through a service it is FORBIDDEN', async () => {
  const submit = (viewer: Parameters<Fixture['call']>[0]) =>
    fixture.usecases.submitJob(fixture.call(viewer), fixture.input());
  await expect(submit({ kind: 'anonymous' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(submit({ ...fixture.holder, scopes: new Set() })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(submit({ ...fixture.holder, actor: 'access' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(submit(fixture.controller().viewer)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('a refusal of storage leads to the input file', async () => {
  fixture.peers.before['pinJobInput'] = () => ({
    type: 'InvalidInput',
    code: 'PATH_INVALID',
    message: 'bad',
    path: ['path'],
  });
  const result = await fixture.usecases.submitJob(fixture.call(), fixture.input({ inputs }));
  expect(result).toMatchObject({
    ok: false,
    refusal: { code: 'PATH_INVALID', path: ['inputs', '0', 'path'] },
  });
  expect(fixture.peers.holds.size).toBe(0);
});

test.each(['pinJobInput', 'placeHold'])(
  'when the answer of %s is lost, the task completes the submit',
  async (step) => {
    fixture.peers.after[step] = () => {
      throw unavailable('peer');
    };
    const input = fixture.input({ inputs });
    await expect(fixture.usecases.submitJob(fixture.call(), input)).rejects.toMatchObject({
      code: 'SUBGRAPH_UNAVAILABLE',
    });
    const [row] = await fixture.database.sql.$queryRawUnsafe<{ id: string }[]>('SELECT id FROM job');
    const id = row?.id ?? '';
    await expect(fixture.usecases.getJob(fixture.call(), id, () => fixture.job(id))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    fixture.peers.after[step] = undefined;
    await recoverSubmission(fixture.deps, id, TRACE);
    expect(await fixture.job(id)).toMatchObject({ submission: 'READY', status: 'PENDING' });
    expect(fixture.peers.holds.size).toBe(1);
    expect(value(await fixture.usecases.submitJob(fixture.call(), input)).id).toBe(id);
    expect(fixture.peers.holds.size).toBe(1);
  },
);

test('a submit that asked for no hold before its tokens ended is undone: SUBMISSION_UNDONE', async () => {
  fixture.peers.before['pinJobInput'] = () => {
    throw unavailable('storage');
  };
  const input = fixture.input({ inputs });
  await expect(fixture.usecases.submitJob(fixture.call(), input)).rejects.toThrow();
  const [row] = await fixture.database.sql.$queryRawUnsafe<{ id: string }[]>('SELECT id FROM job');
  fixture.now = new Date(fixture.now.getTime() + 700_000);
  await recoverSubmission(fixture.deps, row?.id ?? '', TRACE);
  expect(await fixture.job(row?.id ?? '')).toMatchObject({ submission: 'UNDONE', holdId: null });
  fixture.peers.before['pinJobInput'] = undefined;
  expect(code(await fixture.usecases.submitJob(fixture.call(), input))).toBe('SUBMISSION_UNDONE');
  expect(fixture.peers.holds.size).toBe(0);
});

test('one whose hold is unclear is never undone; its submitter’s repetition completes it', async () => {
  fixture.peers.after['placeHold'] = () => {
    throw unavailable('accounting');
  };
  const input = fixture.input();
  await expect(fixture.usecases.submitJob(fixture.call(), input)).rejects.toThrow();
  const [row] = await fixture.database.sql.$queryRawUnsafe<{ id: string }[]>('SELECT id FROM job');
  const id = row?.id ?? '';
  fixture.now = new Date(fixture.now.getTime() + 700_000);
  await expect(recoverSubmission(fixture.deps, id, TRACE)).rejects.toThrow('unclear');
  expect(fixture.alarms).toHaveLength(1);
  fixture.peers.after['placeHold'] = undefined;
  expect(value(await fixture.usecases.submitJob(fixture.call(), input))).toMatchObject({ id, submission: 'READY' });
  expect(fixture.peers.holds.size).toBe(1);
});

test('one whose hold nobody heard of is undone when that hold has ended by itself, and not before', async () => {
  fixture.peers.before['placeHold'] = () => {
    throw unavailable('accounting');
  };
  const queuedAt = fixture.now;
  await expect(fixture.usecases.submitJob(fixture.call(), fixture.input())).rejects.toThrow();
  const [row] = await fixture.database.sql.$queryRawUnsafe<{ id: string }[]>('SELECT id FROM job');
  const id = row?.id ?? '';
  const tokens = await fixture.database.jobs.tokens(id);
  // The window's last day, an hour of wall time, a day for the settlement; reckoned from the end of the tokens.
  const holdMs = (86_400 + 3_600 + 86_400) * 1_000;
  fixture.now = new Date((tokens?.expiresAt ?? queuedAt).getTime() + holdMs);
  await expect(recoverSubmission(fixture.deps, id, TRACE)).rejects.toThrow('unclear');
  fixture.now = new Date(fixture.now.getTime() + 1_202_000);
  await recoverSubmission(fixture.deps, id, TRACE);
  expect(await fixture.job(id)).toMatchObject({ submission: 'UNDONE', holdId: null });
});
