import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { makeHome } from '../../support/program.js';

const run = promisify(execFile);
const script = join(packageRoot, 'deploy', 'container', 'install.sh');

let home: string;
let remove: () => Promise<void>;
let installed: string;
beforeAll(async () => {
  ({ home, remove } = await makeHome());
  installed = join(dirname(home), 'opt');
  await run(script, [packageRoot, installed], { maxBuffer: 2 ** 26 });
}, 900_000);
afterAll(() => remove());

it('the image’s steps leave a program that starts, plays the story and stops, without what only building needs', async () => {
  const tollgate = (...words: string[]) =>
    run(process.execPath, [join(installed, 'cli', 'tollgate.mjs'), ...words], {
      env: { PATH: process.env['PATH'], TOLLGATE_HOME: home, TOLLGATE_PORT: '0' },
    });
  await tollgate('start', '--detach');
  try {
    const { stdout } = await run(process.execPath, [join(installed, 'dist', 'cli', 'tour', 'main.js')], {
      env: { PATH: process.env['PATH'], TOLLGATE_HOME: home },
    });
    expect(stdout).toContain('every step went as expected');
  } finally {
    await tollgate('stop', '--force');
  }
  await expect(readFile(join(installed, 'node_modules', 'vitest', 'package.json'))).rejects.toThrow('ENOENT');
});

it('nothing is put into a folder that has something already', async () => {
  await expect(run(script, [packageRoot, installed])).rejects.toThrow(
    /is not empty; name a folder that is, or is not there/,
  );
});
