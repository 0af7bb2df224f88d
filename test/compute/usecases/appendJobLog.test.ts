import { afterEach, beforeEach, expect, test } from 'vitest';
import { unavailable } from '../../../platform/kernel/faults.js';
import type { JobLease } from '../../../subgraphs/compute/usecases/claimJobs.js';
import { watchLease } from '../../../subgraphs/compute/usecases/watchLease.js';
import { code, type Fixture, startFixture, TRACE, value } from '../support/fixture.js';

let fixture: Fixture;
let lease: JobLease;
beforeEach(async () => {
  fixture = await startFixture();
  lease = await fixture.run();
});
afterEach(() => fixture.close());

const append = (sequence: number, texts: readonly string[], changes: Partial<JobLease> = {}) =>
  fixture.usecases.appendJobLog(fixture.controller(), {
    clusterId: fixture.input().clusterId,
    jobId: lease.job.id,
    lease: changes.lease ?? lease.lease,
    fencingToken: changes.fencingToken ?? lease.fencingToken,
    sequence,
    lines: texts.map((text) => ({ at: fixture.now, stream: 'STDOUT', text })),
  });
const read = async (first = 100, after: string | null = null) =>
  fixture.usecases.listJobLog(await fixture.job(lease.job.id), { first, after });
const end = (logSequence: number) =>
  fixture.report(lease, { sequence: 2, status: 'COMPLETED', exitCode: 0, endedAt: fixture.now, logSequence });

test('calls are taken once each, in any order, and listed in theirs', async () => {
  value(await append(2, ['c', 'd']));
  value(await append(1, ['a', 'b\0']));
  value(await append(2, ['again']));
  const page = await read(3);
  expect(page.nodes.map(({ text }) => text)).toEqual(['a', 'b\ufffd', 'c']);
  expect(page.pageInfo.hasNextPage).toBe(true);
  const rest = await read(3, page.pageInfo.endCursor);
  expect(rest.nodes.map(({ text }) => text)).toEqual(['d']);
  await expect(read(3, 'bm9uc2Vuc2U')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('a final status is shown only when the log is complete', async () => {
  value(await append(1, ['a']));
  await end(3);
  expect(await fixture.job(lease.job.id)).toMatchObject({ status: 'RUNNING', outcome: 'COMPLETED' });
  value(await append(3, ['c']));
  expect((await fixture.job(lease.job.id)).status).toBe('RUNNING');
  value(await append(2, ['b']));
  expect((await fixture.job(lease.job.id)).status).toBe('COMPLETED');
  expect((await read()).nodes.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
});

test('a log that never comes does not keep the job for ever', async () => {
  await end(2);
  fixture.now = new Date(fixture.now.getTime() + 63_000);
  await watchLease(fixture.deps, lease.job.id, TRACE);
  expect((await fixture.job(lease.job.id)).status).toBe('COMPLETED');
  expect((await read()).nodes.map(({ stream }) => stream)).toEqual(['SYSTEM']);
});

test('a complete log is not called lost where only the settlement is late', async () => {
  value(await append(1, ['a']));
  fixture.peers.before['releaseHold'] = () => {
    throw unavailable('accounting');
  };
  await end(1);
  fixture.now = new Date(fixture.now.getTime() + 63_000);
  await expect(watchLease(fixture.deps, lease.job.id, TRACE)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
  expect((await read()).nodes.map(({ stream }) => stream)).toEqual(['STDOUT']);
});

test('a log is bounded and says so', async () => {
  const lines = Array.from({ length: 1_000 }, () => 'x'.repeat(4_000));
  for (const sequence of [1, 2, 3]) value(await append(sequence, lines));
  value(await append(4, ['more']));
  const [row] = await fixture.database.sql.$queryRawUnsafe<{ count: bigint; bytes: bigint; last: string }[]>(
    `SELECT count(*) AS count, sum(length(text)) AS bytes,
       (array_agg(text ORDER BY sequence DESC, position DESC))[1] AS last FROM job_log_line`,
  );
  expect(Number(row?.bytes)).toBeLessThan(10_485_760 + 100);
  expect(row?.last).toContain('truncated');
  await end(4);
  expect((await fixture.job(lease.job.id)).status).toBe('COMPLETED');
});

test('sizes, leases and ends are checked', async () => {
  expect(code(await append(0, ['a']))).toBe('INVALID_INPUT');
  expect(
    code(
      await append(
        1,
        Array.from({ length: 1_001 }, () => 'a'),
      ),
    ),
  ).toBe('INVALID_INPUT');
  expect(code(await append(1, ['a'.repeat(8_193)]))).toBe('INVALID_INPUT');
  expect(code(await append(1, ['a'], { lease: 'other' }))).toBe('LEASE_LOST');
  expect(code(await append(1, ['a'], { fencingToken: 9 }))).toBe('LEASE_LOST');
  await end(0);
  expect(code(await append(1, ['a']))).toBe('JOB_ENDED');
});
