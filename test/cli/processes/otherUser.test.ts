import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exitCodes.js';
import { makeHome, startProgram } from '../../support/program.js';

const NOBODY = 65_534;

/** Root starts it, another user looks. */
describe.runIf(process.getuid?.() === 0)('processes of another user', () => {
  let home: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ home, remove } = await makeHome());
    const start = startProgram(['start', '--detach', 'gateway'], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0' });
    expect((await start.ended).code, start.output()).toBe(0);
    await chmod(home, 0o755);
    // The configuration is not what is tried here.
    await chmod(join(home, 'tollgate.yaml'), 0o644);
  });
  afterEach(async () => {
    await startProgram(['stop', '--force'], { TOLLGATE_HOME: home }).ended;
    await remove();
  });

  const runAsNobody = async (words: readonly string[]) => {
    const program = startProgram(words, { TOLLGATE_HOME: home }, { uid: NOBODY });
    const { code } = await program.ended;
    return { code, output: program.output() };
  };

  it.each([[['stop']], [['stop', '--force']], [['info']], [['info', '--ready']]])(
    'are not taken for none where the folder may not be read: %j',
    async (words) => {
      const hidden = await runAsNobody(words);
      expect(hidden.code).toBe(exitCodes.cannotStart);
      expect(hidden.output).toBe(
        `tollgate: ${join(home, 'run')} cannot be read (EACCES), so that what runs there cannot be told; run this as the user that it belongs to (0), or as root.\n`,
      );
    },
  );

  it('are not taken for stale ones where their records may not be read', async () => {
    await chmod(join(home, 'run'), 0o777);
    const hidden = await runAsNobody(['stop']);
    expect(hidden.code).toBe(exitCodes.cannotStart);
    expect(hidden.output).toMatch(
      /process-\d+\.json cannot be read \(EACCES\).* run this as the user that it belongs to \(0\)/,
    );
    expect((await readdir(join(home, 'run'))).some((name) => name.startsWith('process-'))).toBe(true);
  });

  it('go on where they may be seen and not ended, which is said with whose they are', async () => {
    await chmod(join(home, 'run'), 0o755);
    for (const name of await readdir(join(home, 'run'))) await chmod(join(home, 'run', name), 0o644);
    const refused = await runAsNobody(['stop', '--force']);
    expect(refused.code, refused.output).toBe(exitCodes.notSo);
    expect(refused.output).toMatch(
      /^Stopping process \d+ \(gateway\) \.\.\.\nprocess \d+ \(gateway\) belongs to another user \(0\); stop it as that user, or as root\.\n$/,
    );
    const info = startProgram(['info'], { TOLLGATE_HOME: home });
    expect((await info.ended).code).toBe(0);
  });

  it('are none where nothing was started', async () => {
    const other = join(home, 'other');
    await mkdir(other, { mode: 0o755 });
    const program = startProgram(['stop'], { TOLLGATE_HOME: other }, { uid: NOBODY });
    expect((await program.ended).code).toBe(0);
    expect(program.output()).toBe(`Nothing runs on ${other}.\n`);
  });
});
