import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeHome, startProgram } from '../../support/program.js';

let home: string;
let file: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  file = join(dirname(home), 'own.yaml');
});
afterEach(async () => {
  await startProgram(['stop', '--force'], { TOLLGATE_HOME: home }).ended;
  await remove();
});

/** Without TOLLGATE_HOME: the file alone says where. */
const run = async (words: readonly string[]) => {
  const program = startProgram(words, { TOLLGATE_PORT: '0' });
  const { code } = await program.ended;
  return { code, output: program.output() };
};
const write = (rest: string): Promise<void> => writeFile(file, `general:\n  home: ${home}\n${rest}`, { mode: 0o600 });

describe('after a bad edit of the file that names the data folder', () => {
  it.each([
    ['an unknown key', 'logging:\n  levle: info\n', /there is no key logging\.levle/],
    ['a wrong value', 'logging:\n  level: loud\n', /logging\.level .* is not valid/],
    ['a line that is no YAML', 'logging: [\n', /this is not valid YAML/],
  ])('%s: info says so and what runs, and stop ends it', async (_what, edit, fault) => {
    await write('');
    expect((await run(['start', '--detach', 'gateway', '--config', file])).code).toBe(0);
    await write(edit);
    const info = await run(['info', '--config', file]);
    expect(info.code, info.output).toBe(0);
    expect(info.output).toMatch(fault);
    expect(info.output).toMatch(/gateway +\d+ +\d+ +\d+ s +- +ready/);
    const stopped = await run(['stop', '--config', file]);
    expect(stopped.code, stopped.output).toBe(0);
    expect(stopped.output).toMatch(/Stopped process \d+ \(gateway\)/);
    const none = await run(['info', '--config', file]);
    expect(none.code).toBe(3);
    expect(none.output).toContain(`Nothing runs on ${home}.`);
  });

  it.each([
    [
      'general:\n  home: relative\n',
      /own\.yaml does not say general\.home as it should; name the data folder with TOLLGATE_HOME/,
    ],
    ['general: { home: [\n', /own\.yaml does not say general\.home as it should/],
    [null, /own\.yaml is not there; name the data folder with TOLLGATE_HOME/],
  ])('no other folder is taken for the one that it cannot say: %j', async (content, sentence) => {
    if (content !== null) await writeFile(file, content, { mode: 0o600 });
    const { code, output } = await run(['stop', '--config', file]);
    expect(code).toBe(1);
    expect(output).toMatch(sentence);
  });
});
