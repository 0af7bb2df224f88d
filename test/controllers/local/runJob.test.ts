import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readControllerConfig } from '../../../controllers/local/config.js';
import { listProcesses } from '../../../controllers/local/isolation/processes.js';
import { usableCores } from '../../../controllers/local/job/coreBook.js';
import { type ControllerFixture, startControllerFixture } from './fixture.js';

const usable = spawnSync('taskset', ['-p', '-c', String(process.pid)]).status === 0 ? await usableCores() : [];
const cores = readControllerConfig({}).cores;

let fixture: ControllerFixture;
beforeAll(async () => {
  fixture = await startControllerFixture({ TOLLGATE_LOCAL_SCRATCH_BYTES: String(64 * 1_048_576) });
});
afterAll(() => fixture.close());

/** Runs a job to its final report. */
async function run(wish: Parameters<ControllerFixture['tollgate']['submit']>[0]) {
  const id = fixture.tollgate.submit(wish);
  const report = await fixture.tollgate.final(id);
  return { id, report, text: fixture.tollgate.text(id), reports: fixture.tollgate.reports.get(id) ?? [] };
}

test('sha256sum over an input gives the right digest', async () => {
  const content = randomBytes(3_000_000);
  const { report, text, reports } = await run({ command: ['sha256sum', 'a b.bin'], inputs: { 'a b.bin': content } });
  expect(report).toMatchObject({ status: 'COMPLETED', exitCode: 0, logSequence: 1 });
  expect(text).toBe(`${createHash('sha256').update(content).digest('hex')}  a b.bin`);
  expect(reports.map(({ status }) => status)).toEqual(['RUNNING', 'COMPLETED']);
});

test('exit codes and signals are told apart', async () => {
  expect((await run({ command: ['sh', '-c', 'exit 7'] })).report).toMatchObject({ status: 'FAILED', exitCode: 7 });
  const killed = (await run({ command: ['sh', '-c', 'kill -9 $$'] })).report;
  expect(killed).toMatchObject({ status: 'FAILED', reason: 'It was ended by SIGKILL.' });
  const missing = await run({ command: ['/nonexistent/program'] });
  expect(missing.report).toMatchObject({ status: 'FAILED', exitCode: 127 });
});

test('a script runs under its interpreter; both streams reach the log', async () => {
  const { report, text, id } = await run({ script: '#!/bin/sh\necho out\necho err >&2\n' });
  expect(report.status).toBe('COMPLETED');
  expect(text.split('\n').sort()).toEqual(['err', 'out']);
  const streams = [...(fixture.tollgate.logs.get(id) ?? [])].flatMap(([, lines]) => lines.map(({ stream }) => stream));
  expect(streams.sort()).toEqual(['STDERR', 'STDOUT']);
});

test('shell metacharacters in arguments are not interpreted', async () => {
  const hostile = [
    '$(touch /tmp/pwned)',
    '`id`',
    '; rm -rf /',
    '| cat',
    '&& echo x',
    '*',
    '"',
    "'",
    '\\',
    '-n',
    '$HOME',
  ];
  const { text } = await run({ command: ['printf', '%s\n', ...hostile] });
  expect(text.split('\n')).toEqual(hostile);
  expect(existsSync('/tmp/pwned')).toBe(false);
});

test('the environment is empty, but for what every program needs', async () => {
  const { text } = await run({ command: ['env'] });
  const names = text.split('\n').map((line) => line.split('=')[0]);
  expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? '')).sort()).toEqual([
    'HOME',
    'LANG',
    'PATH',
    'TMPDIR',
  ]);
});

test.runIf(process.getuid?.() === 0)('a job cannot read what is the home’s own', async () => {
  const secret = join(fixture.home, 'operator.json');
  const { report, text } = await run({ command: ['cat', secret], isolationRequired: true });
  expect(report.status).toBe('FAILED');
  expect(text).not.toContain('secret');
  const listing = await run({ command: ['ls', fixture.home, join(fixture.home, 'jobs', 'outbox')] });
  expect(listing.text).not.toContain('operator.json');
  expect(listing.text).not.toContain(listing.id);
});

test.runIf(process.getuid?.() === 0)('a job is nobody: no group, and not root', async () => {
  const { text } = await run({ command: ['id'] });
  expect(text).not.toContain('uid=0');
  expect(text).toMatch(/^uid=(\d+) gid=\1 groups=\1$/);
});

test.runIf(process.getuid?.() === 0)('no program gives a job more rights than it has', async () => {
  const { text } = await run({ command: ['grep', 'NoNewPrivs', '/proc/self/status'] });
  expect(text).toBe('NoNewPrivs:\t1');
});

test.runIf(process.getuid?.() === 0)('what a job writes outside its folder is counted and removed', async () => {
  const open = mkdtempSync('/var/tmp/tollgate-open-');
  chmodSync(open, 0o777);
  const mark = `tollgate-left-${process.pid}`;
  const script = `mkdir /tmp/${mark} && cd /tmp/${mark} && mkdir closed && head -c 30000000 /dev/zero > closed/a
    chmod 0 closed
    head -c 30000000 /dev/zero > ${open}/b; head -c 10000000 /dev/zero > /dev/shm/${mark}; sleep 60`;
  const { report } = await run({ command: ['sh', '-c', script], wallTimeSeconds: 50 });
  expect(report).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('wrote more than') });
  expect([`/tmp/${mark}`, `${open}/b`, `/dev/shm/${mark}`].filter((path) => existsSync(path))).toEqual([]);
  expect(existsSync(open)).toBe(true);
  rmSync(open, { recursive: true });
});

test('at its wall time the whole group is ended, what it left behind too', async () => {
  const marker = `9${Date.now() % 1_000_000}`;
  const { report, text } = await run({
    command: ['sh', '-c', `trap "" TERM; setsid sleep ${marker} & sleep ${marker} & wait; sleep ${marker}`],
    wallTimeSeconds: 1,
  });
  expect(report).toMatchObject({ status: 'TIMED_OUT' });
  expect(text).toContain('its wall time of 1 s is over');
  const seconds = (Date.parse(report.endedAt ?? '') - Date.parse(report.startedAt ?? '')) / 1_000;
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(await runningWith(marker)).toEqual([]);
});

test('what a job leaves in the background ends with it', async () => {
  const marker = `8${Date.now() % 1_000_000}`;
  const { report } = await run({ command: ['sh', '-c', `setsid sleep ${marker} & exit 0`] });
  expect(report.status).toBe('COMPLETED');
  expect(await runningWith(marker)).toEqual([]);
});

test('a cancelled job is ended and reported CANCELLED', async () => {
  const id = fixture.tollgate.submit({ command: ['sleep', '60'] });
  fixture.tollgate.cancel.add(id);
  const report = await fixture.tollgate.final(id);
  expect(report).toMatchObject({ status: 'CANCELLED' });
});

test('a fork bomb is bounded and leaves nothing', async () => {
  const { report } = await run({
    command: ['sh', '-c', 'f() { f | f & }; f; sleep 30'],
    wallTimeSeconds: 2,
  });
  expect(['TIMED_OUT', 'FAILED', 'COMPLETED']).toContain(report.status);
  expect(await processesOfSlots()).toEqual([]);
});

test('memory beyond the limit ends the job', async () => {
  const { report } = await run({
    command: ['sh', '-c', 'x=$(head -c 400000000 /dev/zero | tr "\\0" a); echo $x | wc -c'],
    memory: String(64 * 1_048_576),
  });
  expect(report.status).toBe('FAILED');
});

test('a disk fill ends at the limit', async () => {
  const one = await run({ command: ['sh', '-c', 'exec head -c 200000000 /dev/zero > big'] });
  expect(one.report.status).toBe('FAILED');
  const many = await run({
    command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); head -c 8000000 /dev/zero > f$i; done'],
  });
  expect(many.report).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('wrote more than') });
});

test('a log flood is bounded', async () => {
  const { text } = await run({ command: ['sh', '-c', 'yes flood | head -c 300000000'] });
  expect(text.length).toBeLessThan(12_000_000);
});

test('an input whose bytes are not those announced is not given to the job', async () => {
  const id = fixture.tollgate.submit({ command: ['true'], inputs: { a: Buffer.from('right') } });
  fixture.tollgate.files.set(`${id}-a`, Buffer.from('wrong'));
  const report = await fixture.tollgate.final(id);
  expect(report).toMatchObject({ status: 'NODE_FAILED', reason: expect.stringContaining('could not be fetched') });
  expect(report.startedAt).toBeUndefined();
});

test.each(['../escape', '/etc/passwd', '..', 'a/b'])('the controller does not write an input to %s', async (path) => {
  const { report } = await run({ command: ['true'], inputs: { [path]: Buffer.from('x') } });
  expect(report.status).toBe('NODE_FAILED');
  expect(existsSync(join(fixture.home, 'jobs', 'scratch', 'escape'))).toBe(false);
});

test('nothing is left of jobs: no folder, no message, no process', async () => {
  await expect.poll(() => readdirSync(join(fixture.home, 'jobs', 'outbox'))).toEqual([]);
  expect(readdirSync(join(fixture.home, 'jobs', 'scratch'))).toEqual([]);
  expect(await processesOfSlots()).toEqual([]);
});

async function processesOfSlots(): Promise<readonly number[]> {
  const { firstUid } = fixture;
  return (await listProcesses()).filter(({ uid }) => uid >= firstUid && uid < firstUid + 2).map(({ pid }) => pid);
}

async function runningWith(argument: string): Promise<readonly number[]> {
  const all = await listProcesses();
  return all.filter(({ pid }) => commandOf(pid).includes(`\0${argument}\0`)).map(({ pid }) => pid);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test.runIf(usable.length > 0)('a job runs on as many cores as it asked for', async () => {
  const { text } = await run({ command: ['nproc'], cpusPerTask: 1 });
  expect(text).toBe('1');
  const all = await run({ command: ['nproc'], cpusPerTask: cores });
  expect(all.text).toBe(String(cores));
});

test('GPUs, and more cores than there are, are not given here, and nothing is started', async () => {
  const gpus = await run({ command: ['echo', 'ran'], gpus: 1 });
  expect(gpus.reports).toMatchObject([
    { status: 'NODE_FAILED', reason: expect.stringMatching(/^RESOURCES_UNAVAILABLE/) },
  ]);
  expect(gpus.text).toBe('');
  const many = await run({ command: ['echo', 'ran'], tasks: cores, cpusPerTask: 2 });
  expect(many.reports).toMatchObject([
    { status: 'NODE_FAILED', reason: expect.stringMatching(/^RESOURCES_UNAVAILABLE/) },
  ]);
  expect(many.text).toBe('');
});
