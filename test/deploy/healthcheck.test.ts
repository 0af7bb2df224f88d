import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeHome, startProgram } from '../support/program.js';

let home: string;
let remove: () => Promise<void>;
let programs: string;
let command: string;
beforeAll(async () => {
  ({ home, remove } = await makeHome());
  programs = join(dirname(home), 'bin');
  await mkdir(programs);
  await symlink(join(packageRoot, 'cli', 'tollgate.mjs'), join(programs, 'tollgate'));
  const file = await readFile(join(packageRoot, 'deploy', 'container', 'Dockerfile'), 'utf8');
  command = /^HEALTHCHECK .*\n\s+CMD (.*)$/m.exec(file)?.[1] ?? '';
});
afterAll(() => remove());

/** The exit code of the image's HEALTHCHECK: 0 is healthy. */
const check = async (): Promise<unknown> => {
  const PATH = `${programs}:${dirname(process.execPath)}:${process.env['PATH']}`;
  const program = spawn('/bin/sh', ['-c', command], { env: { PATH, TOLLGATE_HOME: home }, stdio: 'ignore' });
  return (await once(program, 'exit'))[0];
};

it('a container with one service is healthy while that one is ready', async () => {
  expect(command).toContain('tollgate info');
  expect(await check()).toBe(1);
  const database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
  try {
    await database.waitFor(/Ready: database/);
    expect(await check()).toBe(1);
    const identity = startProgram(['start', 'identity'], { TOLLGATE_HOME: home });
    await identity.waitFor(/Ready: identity/);
    expect(await check()).toBe(0);
    await identity.end('SIGTERM');
    expect(await check()).toBe(1);
  } finally {
    await database.end('SIGTERM');
  }
});
