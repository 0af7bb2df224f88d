import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { makeHome } from '../../support/program.js';

const run = promisify(execFile);

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(() => remove());

/** A unit with this machine's Node, this package and a throw-away home in the places that it names. */
async function unit(name: string): Promise<string> {
  const text = await readFile(join(packageRoot, 'deploy', 'systemd', name), 'utf8');
  return text
    .replaceAll('/usr/bin/node', process.execPath)
    .replaceAll('/opt/tollgate', packageRoot)
    .replaceAll('/etc/tollgate', dirname(home))
    .replaceAll('/var/lib/tollgate', home);
}

const settingOf = (text: string, key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';

describe.each(['tollgate.service', 'tollgate@.service', 'tollgate-database.service'])('%s', (name) => {
  it('is a unit that systemd takes without a word', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-unit-'));
    try {
      const file = join(folder, name);
      await writeFile(file, (await unit(name)).replaceAll(/^(User|Group)=tollgate$/gm, '$1=root'));
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file.replace('@.', '@accounting.')]);
      expect(stderr.split('\n').filter((line) => line.includes('tollgate'))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has a command line that starts, and ends by its stop signal with 0', async () => {
    const text = (await unit(name)).replaceAll('%i', 'database');
    const [program = '', ...words] = settingOf(text, 'ExecStart').split(' ');
    const [variable = '', value = ''] = settingOf(text, 'Environment').split('=');
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], [variable]: value, TOLLGATE_PORT: '0' },
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        if (/Ready: |Tollgate is ready/.test(output)) resolve();
      });
      child.once('exit', () => reject(new Error(output)));
    });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
