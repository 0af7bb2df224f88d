import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startControllerProcess } from '../../cli/controllerProcess.js';
import { readEnvironment } from '../../cli/environment.js';
import { controllerVariables, readControllerConfig } from '../../controllers/local/config.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { logTo, makeLogger } from '../../platform/server/log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const set = {
  TOLLGATE_LOCAL_SLOTS: '7',
  TOLLGATE_LOCAL_ISOLATION: 'none',
  TOLLGATE_LOCAL_FIRST_UID: '70000',
  TOLLGATE_LOCAL_LEASE_SECONDS: '11',
  TOLLGATE_LOCAL_POLL_MS: '123',
  TOLLGATE_LOCAL_KILL_GRACE_MS: '77',
  TOLLGATE_LOCAL_SCRATCH_BYTES: '2000000',
  TOLLGATE_LOCAL_PROCESSES: '99',
  TOLLGATE_LOCAL_MEMORY_PER_CORE: '1000000',
  TOLLGATE_LOCAL_CREDENTIALS: '/elsewhere/local.json',
};

test('the controller gets its own variables and nothing else of the environment', async () => {
  const environment = readEnvironment({ ...set, ACCESS_KEY_FILE: '/secret', SECRET: 'secret' }, 0);
  expect(environment.controllerSettings).toEqual(set);
  const program = join(folder, 'program.mjs');
  const seen = join(folder, 'seen.json');
  await writeFile(
    program,
    `import { renameSync, writeFileSync } from 'node:fs';
     writeFileSync('${seen}.new', JSON.stringify(process.env));
     renameSync('${seen}.new', '${seen}');
     process.on('SIGTERM', () => process.exit(0));
     setInterval(() => {}, 1_000);`,
  );
  const controller = startControllerProcess({
    home: folder,
    gatewayUrl: 'http://127.0.0.1:1',
    logLevel: 'silent',
    settings: environment.controllerSettings,
    log: makeLogger('test', 'silent'),
    program,
  });
  await expect.poll(() => readFile(seen, 'utf8').catch(() => null), { timeout: 20_000 }).not.toBeNull();
  await controller.stop();
  const {
    NODE_CHANNEL_FD: _fd,
    NODE_CHANNEL_SERIALIZATION_MODE: _mode,
    ...got
  } = JSON.parse(await readFile(seen, 'utf8')) as Record<string, string>;
  const { PATH, NODE_EXTRA_CA_CERTS } = process.env;
  expect(got).toEqual({
    ...set,
    PATH,
    ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }),
    TOLLGATE_HOME: folder,
    TOLLGATE_URL: 'http://127.0.0.1:1',
    TOLLGATE_LOG_LEVEL: 'silent',
  });
  expect(readControllerConfig(got)).toMatchObject({
    slots: 7,
    isolation: 'none',
    firstUid: 70_000,
    leaseSeconds: 11,
    pollMs: 123,
    killGraceMs: 77,
    scratchBytesMax: 2_000_000,
    processesMax: 99,
    memoryBytesPerCore: 1_000_000,
    credentialsFile: '/elsewhere/local.json',
  });
});

test('every variable of the controller that is documented is handed on', async () => {
  const text = await readFile(join(packageRoot, 'controllers', 'local', 'README.md'), 'utf8');
  const documented = new Set([...text.matchAll(/^\| (TOLLGATE_LOCAL_\w+)/gm)].map(([, name]) => name));
  expect(documented).toEqual(new Set(controllerVariables));
  expect(new Set(Object.keys(set))).toEqual(documented);
});

test('a wrong one is told before anything is started', () => {
  expect(() => readEnvironment({ TOLLGATE_LOCAL_SLOTS: 'many' }, 0)).toThrow(/^TOLLGATE_LOCAL_SLOTS is not valid/);
});

test('what the controller logs goes where this process logs, and what it only writes as lines of JSON', async () => {
  const lines: string[] = [];
  logTo({ write: (line) => void lines.push(line) });
  const program = join(folder, 'program.mjs');
  await writeFile(
    program,
    `process.stderr.write('{"level":40,"service":"controller","msg":"one"}\\nout of memory\\n');
     process.on('SIGTERM', () => { process.stderr.write('{"level":30,"msg":"last"}\\n'); process.exit(0); });
     setInterval(() => {}, 1_000);`,
  );
  const controller = startControllerProcess({
    home: folder,
    gatewayUrl: null,
    logLevel: 'info',
    settings: {},
    log: makeLogger('tollgate', 'info'),
    program,
  });
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(2);
  await controller.stop();
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 40, service: 'controller', msg: 'one' },
    expect.objectContaining({
      level: 50,
      service: 'tollgate',
      output: 'out of memory',
      msg: 'the local controller wrote',
    }),
    { level: 30, msg: 'last' },
  ]);
});
