import { afterEach, beforeEach, expect, test } from 'vitest';
import { unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { refused } from '../../../platform/kernel/refusal.js';
import { expirePending } from '../../../subgraphs/compute/usecases/expirePending.js';
import { watchLease } from '../../../subgraphs/compute/usecases/watchLease.js';
import { code, type Fixture, startFixture, TRACE, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const claim = (maximum: number, leaseSeconds = 60) =>
  fixture.usecases.claimJobs(fixture.controller(), { clusterId: fixture.input().clusterId, maximum, leaseSeconds });
const beat = (leases: readonly { jobId: string; lease: string; fencingToken: number }[]) =>
  fixture.usecases.heartbeat(fixture.controller(), { clusterId: fixture.input().clusterId, leases });
const later = (seconds: number): void => {
  fixture.now = new Date(fixture.now.getTime() + seconds * 1_000);
};

test('jobs are claimed longest-waiting first, each by one controller only', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    ids.push((await fixture.submit()).id);
    later(1);
  }
  const first = value(await claim(2));
  expect(first.map(({ job }) => job.id)).toEqual(ids.slice(0, 2));
  const rest = (await Promise.all(Array.from({ length: 8 }, () => claim(1)))).flatMap(value);
  expect(rest.map(({ job }) => job.id).sort()).toEqual(ids.slice(2).sort());
  expect(value(await claim(10))).toEqual([]);
});

test('a lease names the job, its inputs’ addresses and whether it must be isolated', async () => {
  const inputs = [{ driveId: newId('drive'), path: '/a', as: 'a.bin' }];
  await fixture.submit({ inputs });
  const lease = await fixture.claimOne();
  expect(lease).toMatchObject({ fencingToken: 1, job: { status: 'CLAIMED', isolationRequired: false } });
  expect(lease.inputs).toEqual([{ as: 'a.bin', url: 'http://storage.test/a.bin', sha256: 'ab' }]);
});

test('while inputs cannot be signed the job waits on; when they are gone it ends NODE_FAILED, uncharged', async () => {
  const { id } = await fixture.submit({ inputs: [{ driveId: newId('drive'), path: '/a', as: 'a' }] });
  fixture.peers.before['signJobInputs'] = () => {
    throw unavailable('storage');
  };
  expect(value(await claim(1))).toEqual([]);
  expect(await fixture.job(id)).toMatchObject({ status: 'PENDING', lease: null });
  fixture.peers.before['signJobInputs'] = () => refused('PATH_INVALID', 'gone');
  expect(value(await claim(1))).toEqual([]);
  expect(await fixture.job(id)).toMatchObject({ status: 'NODE_FAILED', chargeMicros: 0n });
});

test('sizes of a claim are bounded', async () => {
  expect(code(await claim(0))).toBe('INVALID_INPUT');
  expect(code(await claim(101))).toBe('INVALID_INPUT');
  expect(code(await claim(1, 4))).toBe('INVALID_INPUT');
  expect(code(await claim(1, 3_601))).toBe('INVALID_INPUT');
});

test('only a controller of the cluster may do what controllers do', async () => {
  const clusterId = fixture.input().clusterId;
  const claimAs = (viewer: Parameters<Fixture['call']>[0], cluster = clusterId) =>
    fixture.usecases.claimJobs(fixture.call(viewer), { clusterId: cluster, maximum: 1, leaseSeconds: 60 });
  const { viewer } = fixture.controller();
  await expect(claimAs({ kind: 'anonymous' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(claimAs(fixture.holder)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(claimAs(viewer, newId('cluster'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  if (viewer.kind !== 'serviceAccount') throw new Error('the controller is a service account');
  await expect(claimAs({ ...viewer, scopes: new Set() })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(claimAs({ ...viewer, clusterIds: [] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a lost lease gives a job back that has not begun, with a greater fencing token; the old one is refused', async () => {
  const { id } = await fixture.submit();
  const old = await fixture.claimOne();
  later(59);
  await watchLease(fixture.deps, id, TRACE);
  expect(await fixture.job(id)).toMatchObject({ status: 'CLAIMED' });
  later(4);
  await watchLease(fixture.deps, id, TRACE);
  expect(await fixture.job(id)).toMatchObject({ status: 'PENDING', lease: null });
  const fresh = await fixture.claimOne();
  expect(fresh.fencingToken).toBe(2);
  const stale = await fixture.report(old, { status: 'RUNNING', startedAt: fixture.now });
  expect(stale.refusal?.code).toBe('LEASE_LOST');
  expect(value(await beat([{ ...old, jobId: id }]))).toEqual([id]);
  expect(value(await beat([{ ...fresh, jobId: id }]))).toEqual([]);
});

test('a job that has begun is never given out again: its lost lease ends it NODE_FAILED, uncharged', async () => {
  const lease = await fixture.run();
  later(63);
  await watchLease(fixture.deps, lease.job.id, TRACE);
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'NODE_FAILED', chargeMicros: 0n });
  expect(value(await claim(1))).toEqual([]);
  expect([...fixture.peers.holds.values()][0]).toMatchObject({ status: 'RELEASED' });
  const late = await fixture.report(lease, { sequence: 2, status: 'COMPLETED', exitCode: 0 });
  expect(late.refusal?.code).toBe('LEASE_LOST');
});

test('heartbeats keep a lease; time in which this service was down does not count', async () => {
  const lease = await fixture.run();
  const reference = { ...lease, jobId: lease.job.id };
  later(50);
  expect(value(await beat([reference]))).toEqual([]);
  later(50);
  await watchLease(fixture.deps, lease.job.id, TRACE);
  expect((await fixture.job(lease.job.id)).outcome).toBeNull();
  later(1_000);
  await watchLease({ ...fixture.deps, servingSince: fixture.now }, lease.job.id, TRACE);
  expect((await fixture.job(lease.job.id)).outcome).toBeNull();
});

test('duplicate, older and reordered reports change nothing', async () => {
  await fixture.submit();
  const lease = await fixture.claimOne();
  const end = new Date(fixture.now.getTime() + 90_000);
  const final = { sequence: 3, status: 'COMPLETED', exitCode: 0, startedAt: fixture.now, endedAt: end } as const;
  expect((await fixture.report(lease, final)).refusal).toBeNull();
  expect((await fixture.report(lease, final)).refusal).toBeNull();
  expect((await fixture.report(lease, { sequence: 2, status: 'RUNNING' })).refusal).toBeNull();
  const job = await fixture.job(lease.job.id);
  // 90 s of one core at 1 CREDIT per core-hour.
  expect(job).toMatchObject({ status: 'COMPLETED', exitCode: 0, chargeMicros: 25_000n });
  expect((await fixture.report(lease, { sequence: 4, status: 'FAILED' })).refusal?.code).toBe('JOB_ENDED');
  expect(fixture.peers.calls.filter((name) => name === 'captureHold')).toHaveLength(1);
});

test('the same final report 20 times at once settles once', async () => {
  const lease = await fixture.run();
  const final = { sequence: 2, status: 'COMPLETED', exitCode: 0, endedAt: new Date(fixture.now.getTime() + 60_000) };
  await Promise.all(Array.from({ length: 20 }, () => fixture.report(lease, { ...final, status: 'COMPLETED' })));
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'COMPLETED', chargeMicros: 16_667n });
  const [hold] = fixture.peers.holds.values();
  expect(hold).toMatchObject({ status: 'CAPTURED', capturedMicros: 16_667n });
  const audits = await fixture.database.sql.$queryRawUnsafe<unknown[]>(
    `SELECT 1 FROM platform.audit_entry WHERE action = 'settleJob'`,
  );
  expect(audits).toHaveLength(1);
});

test('malformed updates are refused one by one', async () => {
  const lease = await fixture.run();
  expect((await fixture.report(lease, { sequence: 0 })).refusal?.code).toBe('INVALID_INPUT');
  expect((await fixture.report(lease, { sequence: 2, status: 'PENDING' })).refusal?.code).toBe('INVALID_INPUT');
  expect((await fixture.report(lease, { sequence: 2, reason: 'x'.repeat(501) })).refusal?.code).toBe('INVALID_INPUT');
  expect((await fixture.report(lease, { sequence: 2, logSequence: -1 })).refusal?.code).toBe('INVALID_INPUT');
  const unknown = await fixture.report({ ...lease, job: { ...lease.job, id: newId('job') } }, { sequence: 2 });
  expect(unknown).toMatchObject({ job: null, refusal: { code: 'LEASE_LOST' } });
});

test('a job that waits beyond its window is cancelled and costs nothing', async () => {
  const { id } = await fixture.submit();
  later(90_000);
  expect(value(await claim(1))).toEqual([]);
  await expirePending(fixture.deps, id, TRACE);
  expect(await fixture.job(id)).toMatchObject({ status: 'CANCELLED', chargeMicros: 0n });
});
