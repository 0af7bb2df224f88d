import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { freePort, makeHome, startProgram } from '../support/program.js';

let home: string;
let remove: () => Promise<void>;
let programs: string;
let command: string;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  programs = join(dirname(home), 'bin');
  await mkdir(programs);
  await symlink(join(packageRoot, 'cli', 'tollgate.mjs'), join(programs, 'tollgate'));
  const file = await readFile(join(packageRoot, 'deploy', 'container', 'Dockerfile'), 'utf8');
  command = /^HEALTHCHECK .*\n\s+CMD (.*)$/m.exec(file)?.[1] ?? '';
  expect(command).toContain('tollgate info');
});
afterEach(() => remove());

/** The exit code of the image's HEALTHCHECK: 0 is healthy. */
const check = async (): Promise<unknown> => {
  const PATH = `${programs}:${dirname(process.execPath)}:${process.env['PATH']}`;
  const program = spawn('/bin/sh', ['-c', command], { env: { PATH, TOLLGATE_HOME: home }, stdio: 'ignore' });
  return (await once(program, 'exit'))[0];
};

describe('a container with one service', () => {
  it('is healthy while that one is ready', async () => {
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

  it.each(['general.caFile', '--config and its general.caFile'])(
    'is healthy with TLS too, whose authority is where it is said to be: %s',
    async (how) => {
      const host = '127.0.0.9';
      const center = join(dirname(home), 'center');
      const ports = ['gateway', 'identity', 'accounting', 'storage', 'compute', 'access'].map(
        async (service) => `${service}=${host}:${await freePort()}`,
      );
      const init = startProgram(['init', '--output', center, '--hosts', (await Promise.all(ports)).join(',')], {});
      expect((await init.ended).code, init.output()).toBe(0);
      await cp(join(center, 'machines', host), home, { recursive: true });
      const caFile = join(dirname(home), 'authority.pem');
      await rename(join(home, 'tls', 'ca.pem'), caFile);
      const usual = join(home, 'tollgate.yaml');
      const file = how === 'general.caFile' ? usual : join(dirname(home), 'identity.yaml');
      const text = await readFile(usual, 'utf8');
      await writeFile(file, text.replace(/^general:$/m, `general:\n  caFile: ${caFile}`), { mode: 0o600 });
      const words = file === usual ? [] : ['--config', file];
      const identity = startProgram(['start', 'database', 'identity', ...words], { TOLLGATE_HOME: home });
      try {
        await identity.waitFor(/Ready: database, identity/);
        expect(await check()).toBe(0);
      } finally {
        await identity.end('SIGTERM');
      }
      expect(await check()).toBe(1);
    },
  );
});
