import { afterEach, beforeEach, expect, test } from 'vitest';
import { unavailable } from '../../../platform/kernel/faults.js';
import { refused } from '../../../platform/kernel/refusal.js';
import type { JobLease } from '../../../subgraphs/compute/usecases/claimJobs.js';
import { settleJob } from '../../../subgraphs/compute/usecases/settleJob.js';
import { type Fixture, startFixture, TRACE } from '../support/fixture.js';

let fixture: Fixture;
let lease: JobLease;
beforeEach(async () => {
  fixture = await startFixture();
  lease = await fixture.run();
});
afterEach(() => fixture.close());

const end = (status: 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'NODE_FAILED' = 'COMPLETED') =>
  fixture.report(lease, { sequence: 2, status, endedAt: new Date(fixture.now.getTime() + 36_000) });

test('while accounting is away the job shows RUNNING; the task settles it later', async () => {
  fixture.peers.before['captureHold'] = () => {
    throw unavailable('accounting');
  };
  expect((await end()).refusal).toBeNull();
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'RUNNING', outcome: 'COMPLETED', settledAt: null });
  const tasks = await fixture.database.sql.$queryRawUnsafe<unknown[]>(
    `SELECT 1 FROM graphile_worker.jobs WHERE task_identifier = 'compute.settleJob'`,
  );
  expect(tasks).toHaveLength(1);
  await expect(settleJob(fixture.deps, lease.job.id, TRACE)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
  fixture.peers.before['captureHold'] = undefined;
  await settleJob(fixture.deps, lease.job.id, TRACE);
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'COMPLETED', chargeMicros: 10_000n });
});

test('when the answer of the capture is lost, settling again charges once', async () => {
  fixture.peers.after['captureHold'] = () => {
    throw unavailable('accounting');
  };
  await end();
  fixture.peers.after['captureHold'] = undefined;
  await settleJob(fixture.deps, lease.job.id, TRACE);
  await settleJob(fixture.deps, lease.job.id, TRACE);
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'COMPLETED', chargeMicros: 10_000n });
  const [hold] = fixture.peers.holds.values();
  expect(hold).toMatchObject({ status: 'CAPTURED', capturedMicros: 10_000n });
});

test('a user’s failure and a timeout are charged, a failure of the system is not', async () => {
  await end('FAILED');
  expect((await fixture.job(lease.job.id)).chargeMicros).toBe(10_000n);
  lease = await fixture.run();
  await end('TIMED_OUT');
  expect((await fixture.job(lease.job.id)).chargeMicros).toBe(10_000n);
  lease = await fixture.run();
  await end('NODE_FAILED');
  expect((await fixture.job(lease.job.id)).chargeMicros).toBe(0n);
  expect([...fixture.peers.holds.values()].map(({ status }) => status)).toEqual(['CAPTURED', 'CAPTURED', 'RELEASED']);
});

test('a hold that is gone cannot be charged: the job ends, and somebody is told', async () => {
  fixture.peers.before['captureHold'] = () => refused('HOLD_EXPIRED', 'over');
  await end();
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'COMPLETED', chargeMicros: 0n });
  expect(fixture.alarms).toEqual(['a job could not be charged']);
});

test('a frozen account delays the settlement: the next attempt has the next key', async () => {
  let frozen = true;
  fixture.peers.before['captureHold'] = () => (frozen ? refused('ACCOUNT_FROZEN', 'frozen') : undefined);
  await end();
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'RUNNING', settledAt: null, settleAttempt: 1 });
  await expect(settleJob(fixture.deps, lease.job.id, TRACE)).rejects.toThrow('ACCOUNT_FROZEN');
  frozen = false;
  await settleJob(fixture.deps, lease.job.id, TRACE);
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'COMPLETED', chargeMicros: 10_000n });
});
