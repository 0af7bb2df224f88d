import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { listProcesses } from '../../../controllers/local/isolation/processes.js';
import { until } from './fakeTollgate.js';
import { type ControllerFixture, startControllerFixture } from './fixture.js';

let fixture: ControllerFixture;
afterEach(() => fixture.close());

test('where the probe is forced to fail it says so, refuses strangers’ jobs and runs trusted ones', async () => {
  fixture = await startControllerFixture({ TOLLGATE_LOCAL_ISOLATION: 'none' });
  expect(fixture.controller.isolates).toBe(false);
  const stranger = fixture.tollgate.submit({ command: ['touch', '/tmp/must-not-run'], isolationRequired: true });
  expect(await fixture.tollgate.final(stranger)).toMatchObject({ status: 'FAILED', reason: 'NOT_ISOLATED' });
  expect(fixture.tollgate.reports.get(stranger)).toHaveLength(1);
  const trusted = fixture.tollgate.submit({ command: ['echo', 'runs'] });
  expect(await fixture.tollgate.final(trusted)).toMatchObject({ status: 'COMPLETED' });
  expect(fixture.tollgate.heartbeats[0]).toMatchObject({ isolated: false });
});

test('it tells how jobs are isolated before it claims, and keeps the leases of what runs', async () => {
  fixture = await startControllerFixture();
  const id = fixture.tollgate.submit({ command: ['sleep', '2'] });
  await until(() => fixture.tollgate.heartbeats.some(({ leases }) => leases.some(({ jobId }) => jobId === id)));
  expect(fixture.tollgate.heartbeats[0]).toMatchObject({ isolated: fixture.controller.isolates });
  expect(fixture.tollgate.heartbeats[0]?.cores).toBeGreaterThan(0);
});

test.each([
  ['the core’s even part of the machine, where nobody says', {}, null],
  ['as it is set', { TOLLGATE_LOCAL_MEMORY_PER_CORE: '123456789' }, '123456789'],
])('each heartbeat tells what memory a core comes with: %s', async (_what, variables, told) => {
  fixture = await startControllerFixture({ TOLLGATE_LOCAL_ISOLATION: 'none', ...variables });
  const beat = await until(() => fixture.tollgate.heartbeats[0]);
  // What is not told stays as it was, so that a variable that is taken away would count for ever.
  expect(beat.memoryPerCore).toBe(told ?? String(Math.floor(Number(beat.memory) / beat.cores)));
});

test('no more jobs run than there are slots', async () => {
  fixture = await startControllerFixture({ TOLLGATE_LOCAL_SLOTS: '2' });
  const ids = [1, 2, 3, 4].map(() => fixture.tollgate.submit({ command: ['sleep', '1'] }));
  await until(() => fixture.tollgate.reports.size === 2);
  expect(fixture.tollgate.waiting).toHaveLength(2);
  for (const id of ids) expect(await fixture.tollgate.final(id)).toMatchObject({ status: 'COMPLETED' });
});

/** A job that ends while the gateway is down, and the moment when its report waits on the disk and was tried once. */
async function reportHeldBack(): Promise<string> {
  fixture.tollgate.downOnceRunning = true;
  const id = fixture.tollgate.submit({ command: ['echo', 'done'] });
  const folder = join(fixture.home, 'jobs', 'outbox', id);
  await until(() => fixture.tollgate.down && existsSync(join(folder, 'report.json')));
  const before = fixture.tollgate.cutOff;
  await until(() => fixture.tollgate.cutOff > before);
  fixture.tollgate.downOnceRunning = false;
  return id;
}

test('while the gateway is down a finished job’s log and report wait, and are delivered once', async () => {
  fixture = await startControllerFixture();
  const id = await reportHeldBack();
  expect(fixture.tollgate.reports.get(id)).toHaveLength(1);
  fixture.tollgate.down = false;
  expect(await fixture.tollgate.final(id)).toMatchObject({ status: 'COMPLETED', logSequence: 1 });
  expect(fixture.tollgate.text(id)).toBe('done');
  expect(fixture.tollgate.reports.get(id)).toHaveLength(2);
});

test('a controller that is started again delivers what the last one could not', async () => {
  fixture = await startControllerFixture();
  const id = await reportHeldBack();
  await fixture.stop();
  fixture.tollgate.down = false;
  await fixture.start();
  expect(await fixture.tollgate.final(id)).toMatchObject({ status: 'COMPLETED' });
  expect(fixture.tollgate.text(id)).toBe('done');
});

test('a job that ran when its controller was killed is reported NODE_FAILED by the next one', async () => {
  fixture = await startControllerFixture();
  const folder = join(fixture.home, 'jobs', 'outbox', 'job_lost');
  await mkdir(folder);
  await writeFile(join(folder, 'lease.json'), JSON.stringify({ jobId: 'job_lost', lease: 'l', fencingToken: 3 }));
  await writeFile(join(folder, 'log-2.json'), JSON.stringify([]));
  await fixture.restart();
  expect(await fixture.tollgate.final('job_lost')).toMatchObject({
    status: 'NODE_FAILED',
    lease: 'l',
    fencingToken: 3,
    logSequence: 2,
  });
});

test('a stop ends running jobs and reports them NODE_FAILED', async () => {
  fixture = await startControllerFixture();
  const id = fixture.tollgate.submit({ command: ['sh', '-c', 'trap "" TERM; sleep 100 & sleep 100'] });
  await until(() => fixture.tollgate.reports.get(id)?.length === 1);
  await fixture.restart();
  expect(await fixture.tollgate.final(id)).toMatchObject({ status: 'NODE_FAILED' });
  const { firstUid } = fixture;
  expect((await listProcesses()).filter(({ uid }) => uid >= firstUid && uid < firstUid + 2)).toEqual([]);
});

test('a token that is refused is replaced by a fresh one', async () => {
  fixture = await startControllerFixture();
  await until(() => fixture.tollgate.heartbeats.length > 0);
  fixture.tollgate.refuseTokens = 1;
  const id = fixture.tollgate.submit({ command: ['true'] });
  expect(await fixture.tollgate.final(id)).toMatchObject({ status: 'COMPLETED' });
  expect(fixture.tollgate.tokens).toBeGreaterThanOrEqual(2);
});
