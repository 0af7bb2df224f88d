import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readControllerConfig } from '../../../controllers/local/config.js';
import { makeFolders } from '../../../controllers/local/folders.js';
import { inNamespace } from '../../../controllers/local/isolation/inNamespace.js';
import type { Isolation } from '../../../controllers/local/isolation/isolation.js';
import { none } from '../../../controllers/local/isolation/none.js';
import { probeIsolation } from '../../../controllers/local/isolation/probeIsolation.js';
import { listProcesses } from '../../../controllers/local/isolation/processes.js';
import { makeJobFolder } from '../../../controllers/local/job/jobFolder.js';
import { runProcess } from '../../../controllers/local/job/runProcess.js';
import { makeControllerHome } from './fixture.js';

// Some machines and containers allow no user namespaces; the probe finds that out, and so does this.
const allowed =
  spawnSync('unshare', [
    '--user',
    '--map-root-user',
    '--mount',
    '--pid',
    '--fork',
    'mount',
    '-t',
    'proc',
    'proc',
    '/proc',
  ]).status === 0;

let home: string;
let isolation: Isolation;
beforeAll(async () => {
  home = await makeControllerHome();
  isolation = inNamespace(home);
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function run(argv: readonly string[]): Promise<{ code: number | null; text: string }> {
  const { scratch } = await makeFolders(home);
  const folder = join(scratch, 'job_test');
  await makeJobFolder(folder);
  const limits = {
    filesMax: 64,
    fileBytesMax: 1e6,
    memoryBytesMax: 1e8,
    cpuSecondsMax: 5,
    processesMax: 4_000,
    cores: [0],
  };
  let text = '';
  const running = runProcess(isolation, 0, { argv, folder, limits }, (_stream, chunk) => {
    text += chunk.toString();
  });
  return { code: (await running.ended).code, text };
}

test('the probe tells an isolation that holds from one that does not', async () => {
  const config = readControllerConfig({ TOLLGATE_HOME: home });
  const folders = await makeFolders(home);
  expect(await probeIsolation(none, config, folders)).toBe('a job could read a file in TOLLGATE_HOME');
  if (allowed) expect(await probeIsolation(isolation, config, folders)).toBeNull();
});

test.runIf(allowed)('in a namespace TOLLGATE_HOME is empty and cannot be uncovered', async () => {
  const secret = join(home, 'operator.json');
  expect((await run(['cat', secret])).code).not.toBe(0);
  const undo = await run(['sh', '-c', `umount ${home}; umount /tmp; unshare -Urm umount ${home}; cat ${secret}`]);
  expect(undo.code).not.toBe(0);
  expect(undo.text).not.toContain('the operator');
});

test.runIf(allowed)('in a namespace a job sees its own processes alone, and all of them end with it', async () => {
  const marker = `7${Date.now() % 1_000_000}`;
  const { text } = await run(['sh', '-c', `setsid sleep ${marker} & ls /proc | grep -c '^[0-9]'`]);
  expect(Number(text)).toBeLessThan(8);
  const all = await listProcesses();
  expect(all.length).toBeGreaterThan(0);
  expect(
    spawnSync('sh', ['-c', `grep -l ${marker} /proc/[0-9]*/cmdline 2>/dev/null | grep -v self`]).stdout.toString(),
  ).not.toMatch(/sleep/);
});
