import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { watchLease } from '../../../subgraphs/compute/usecases/watchLease.js';
import { code, type Fixture, person, startFixture, TRACE, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const cancel = (jobId: string, key: string = randomUUID(), viewer = fixture.holder) =>
  fixture.usecases.cancelJob(fixture.call(viewer), { idempotencyKey: key, jobId });
const settlements = () => fixture.peers.calls.filter((name) => name === 'captureHold' || name === 'releaseHold').length;

test('a waiting job ends at once and costs nothing', async () => {
  const { id } = await fixture.submit();
  const key = randomUUID();
  expect(value(await cancel(id, key))).toMatchObject({ status: 'CANCELLED', chargeMicros: 0n });
  expect(value(await cancel(id, key)).status).toBe('CANCELLED');
  expect(code(await cancel(id))).toBe('JOB_ENDED');
  expect(code(await cancel(newId('job'), key))).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(settlements()).toBe(1);
});

test.each(['CLAIMED', 'QUEUED', 'RUNNING'] as const)(
  'a job that is %s is cancelled by its controller',
  async (status) => {
    await fixture.submit();
    const lease = await fixture.claimOne();
    const { id } = lease.job;
    if (status !== 'CLAIMED') await fixture.report(lease, { sequence: 1, status, startedAt: fixture.now });
    expect(value(await cancel(id))).toMatchObject({ status, outcome: null });
    expect(value(await cancel(id)).outcome).toBeNull();
    const references = [{ ...lease, jobId: id }];
    const { clusterId } = fixture.input();
    expect(value(await fixture.usecases.heartbeat(fixture.controller(), { clusterId, leases: references }))).toEqual([
      id,
    ]);
    const endedAt = new Date(fixture.now.getTime() + 7_200);
    await fixture.report(lease, { sequence: 2, status: 'CANCELLED', endedAt });
    const charge = status === 'CLAIMED' ? 0n : 2_223n;
    expect(await fixture.job(id)).toMatchObject({
      status: 'CANCELLED',
      chargeMicros: charge,
      reason: 'Cancelled by its submitter.',
    });
    expect(code(await cancel(id))).toBe('JOB_ENDED');
    expect(settlements()).toBe(1);
  },
);

test('a claimed job whose controller is gone ends CANCELLED with its lease', async () => {
  const { id } = await fixture.submit();
  await fixture.claimOne();
  value(await cancel(id));
  fixture.now = new Date(fixture.now.getTime() + 63_000);
  await watchLease(fixture.deps, id, TRACE);
  expect(await fixture.job(id)).toMatchObject({ status: 'CANCELLED', chargeMicros: 0n });
});

test('cancelled by 20 at once while it is claimed and reported, it settles once', async () => {
  const { id } = await fixture.submit();
  const claiming = fixture.usecases.claimJobs(fixture.controller(), {
    clusterId: fixture.input().clusterId,
    maximum: 1,
    leaseSeconds: 60,
  });
  await Promise.all([claiming, ...Array.from({ length: 20 }, () => cancel(id))]);
  const [lease] = value(await claiming);
  if (lease !== undefined) {
    await Promise.all([
      fixture.report(lease, { sequence: 2, status: 'CANCELLED', endedAt: fixture.now }),
      cancel(id),
      fixture.report(lease, { sequence: 3, status: 'COMPLETED', endedAt: fixture.now }),
    ]);
  }
  expect(['CANCELLED', 'COMPLETED']).toContain((await fixture.job(id)).status);
  expect([...fixture.peers.holds.values()].filter(({ status }) => status === 'OPEN')).toEqual([]);
});

test('strangers are told there is no such job; operators may cancel', async () => {
  const { id } = await fixture.submit();
  await expect(cancel(id, randomUUID(), person())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  for (const text of ['nonsense', 'job_\u0000', 'job_\ud800', newId('drive')]) {
    await expect(cancel(text)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  await expect(cancel(newId('job'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(cancel(id, randomUUID(), { ...fixture.holder, scopes: new Set() })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const operator = person({ operator: true });
  expect(value(await cancel(id, randomUUID(), operator))).toMatchObject({ reason: 'Cancelled by an operator.' });
});
