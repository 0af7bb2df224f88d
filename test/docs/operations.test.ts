import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exitCodes.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeHome, startProgram } from '../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(async () => {
  await startProgram(['stop', '--force'], { TOLLGATE_HOME: home }).ended;
  await remove();
});

const operations = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
const commands = [...operations.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().replaceAll('\\\n', '').split('\n'),
);

it('the commands of docs/operations.md work, one after the other', async () => {
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) {
    const [name, ...words] = command
      .replaceAll(/\/srv(\/backups)?(?=\/)/g, dirname(home))
      .replace('--output ', `--output ${dirname(home)}/`)
      .split(/ +/);
    expect(name).toBe('tollgate');
    const program = startProgram(words, { TOLLGATE_HOME: home, TOLLGATE_PORT: '0' });
    expect((await program.ended).code, program.output()).toBe(0);
  }
});

it('docs/operations.md names every option of start', async () => {
  const program = startProgram(['start', '--help'], {});
  await program.ended;
  const options = [...program.output().matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option = '']) => option);
  expect(options.length).toBeGreaterThan(5);
  expect(options.filter((option) => !operations.includes(`\`${option}`))).toEqual([]);
});

it('docs/operations.md has every exit code, and no other', () => {
  const [, section = ''] = operations.split('\n## Exit codes\n');
  const [table = ''] = section.split('\n## ');
  const told = [...table.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code]) => Number(code));
  expect(told).toEqual(Object.values(exitCodes));
});
