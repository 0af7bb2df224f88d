import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readStanding } from '../../../controllers/local/standing.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { lockService } from '../../../platform/server/runDirectory.js';
import { type FakeTollgate, startFakeTollgate, until } from './fakeTollgate.js';
import { controllerEnvironment, makeControllerHome } from './fixture.js';

// The program as a process of its own, bundled so that this test needs no build of the whole package.
let program: string;
let folder: string;
beforeAll(async () => {
  folder = await makeControllerHome();
  program = join(folder, 'controllers', 'main.mjs');
  await build({
    entryPoints: [join(packageRoot, 'controllers/local/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What it needs of CommonJS asks for modules of Node.js.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let tollgate: FakeTollgate;
let home: string;
beforeEach(async () => {
  tollgate = await startFakeTollgate();
  home = await makeControllerHome();
});
afterEach(async () => {
  await tollgate.stop();
  await rm(home, { recursive: true, force: true });
});

/** Starts the program as a shell that holds a file open would. */
function start(environment = controllerEnvironment(home, tollgate.url)) {
  const child = spawn('bash', ['-c', 'exec 251</dev/null; exec "$0" "$1"', process.execPath, program], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, text: () => text };
}

test('logs in one line whether jobs are isolated; SIGTERM ends jobs, reports them and exits 0', async () => {
  const { child, text } = start({ ...controllerEnvironment(home, tollgate.url), TOLLGATE_LOG_LEVEL: 'info' });
  const id = tollgate.submit({ command: ['sleep', '100'] });
  await until(() => tollgate.reports.get(id)?.length === 1);
  const lines = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { service: string; level: number; msg: string });
  expect(lines.every(({ service }) => service === 'controller')).toBe(true);
  const told = lines.filter(({ msg }) => /^Jobs are (NOT )?isolated/.test(msg));
  expect(told).toHaveLength(1);
  expect(told[0]?.level).toBe(told[0]?.msg.includes('NOT') ? 40 : 30);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(await tollgate.final(id)).toMatchObject({ status: 'NODE_FAILED' });
});

test('ends when the process that started it is gone', async () => {
  const { child } = start();
  await until(() => tollgate.heartbeats.length > 0);
  child.disconnect();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});

test('hands no descriptor on that it was given, but the three standard ones', async () => {
  const { child } = start();
  const id = tollgate.submit({ command: ['ls', '/proc/self/fd'] });
  await tollgate.final(id);
  // The fourth is the folder that ls itself reads.
  expect(tollgate.text(id).split('\n')).toEqual(['0', '1', '2', '3']);
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('after SIGKILL the next one ends what was left and reports it NODE_FAILED', async () => {
  const environment = controllerEnvironment(home, tollgate.url);
  const first = start(environment);
  const id = tollgate.submit({ command: ['sleep', '99'] });
  await until(() => tollgate.reports.get(id)?.length === 1);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = start(environment);
  expect(await tollgate.final(id)).toMatchObject({ status: 'NODE_FAILED' });
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
});

test('a second controller on the same home ends with a sentence that names the first', async () => {
  const environment = controllerEnvironment(home, tollgate.url);
  const first = start(environment);
  await until(() => tollgate.heartbeats.length > 0);
  const second = start(environment);
  const [code] = await once(second.child, 'exit');
  expect(code).toBe(1);
  const pid = readFileSync(join(home, 'jobs', 'lock'), 'utf8');
  expect(second.text()).toContain(`as process ${pid}`);
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
});

test('a wrong variable is named', async () => {
  const { child, text } = start({ ...controllerEnvironment(home, tollgate.url), TOLLGATE_LOCAL_SLOTS: 'many' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(text()).toContain('TOLLGATE_LOCAL_SLOTS is not valid');
});

test('says in the home whether it reaches Tollgate, and takes that back at its end', async () => {
  const environment = controllerEnvironment(home, tollgate.url);
  const { child } = start(environment);
  const said = { pid: child.pid, gateway: tollgate.url };
  const now = () => readStanding(home);
  await expect.poll(now, { timeout: 60_000 }).toMatchObject({ ...said, isReached: true, reason: null });
  tollgate.down = true;
  await expect.poll(now, { timeout: 60_000 }).toMatchObject({ ...said, isReached: false, reason: expect.any(String) });
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(await now()).toBeNull();
});

test('follows the gateway that runs on the home, where no address is set, and waits while none does', async () => {
  const { TOLLGATE_URL, ...environment } = controllerEnvironment(home, tollgate.url);
  const { child } = start(environment);
  await expect.poll(() => readStanding(home), { timeout: 60_000 }).toMatchObject({ gateway: null, isReached: false });
  const lock = await lockService(home, 'gateway');
  await lock.announce(tollgate.url);
  await until(() => tollgate.heartbeats.length > 0);
  await expect
    .poll(() => readStanding(home), { timeout: 60_000 })
    .toMatchObject({ gateway: TOLLGATE_URL, isReached: true });
  // It comes back elsewhere.
  const elsewhere = await startFakeTollgate();
  await lock.announce(elsewhere.url);
  await until(() => elsewhere.heartbeats.length > 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  await lock.release();
  await elsewhere.stop();
});
