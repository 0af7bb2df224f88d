import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeHome, startProgram } from '../support/program.js';

describe('tollgate start', () => {
  let home: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ home, remove } = await makeHome());
  });
  afterEach(() => remove());

  /** Runs the program where it must refuse, and gives what it said: one sentence on one line. */
  const refusalOf = async (words: readonly string[], environment: Record<string, string>): Promise<string> => {
    const program = startProgram(['start', ...words], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment });
    const { code } = await program.ended;
    expect(code, program.output()).toBe(1);
    const line =
      program
        .output()
        .split('\n')
        .find((text) => text.startsWith('tollgate: ')) ?? '';
    expect(program.output()).not.toMatch(/\n\s+at /);
    return line;
  };

  it('says which port is taken and what to do, and leaves nothing running', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await refusalOf([], { TOLLGATE_PORT: String(port) })).toMatch(
      new RegExp(`Port ${port} on 127.0.0.1 is taken; .* set TOLLGATE_PORT`),
    );
    server.close();
    const left = (await readdir(join(home, 'run'))).filter((name) => !name.endsWith('.log'));
    expect(left).toEqual(['database.json']);
  });

  it('says when the home is from a newer version', async () => {
    await mkdir(home);
    await writeFile(join(home, 'VERSION'), '999\n');
    expect(await refusalOf([], {})).toMatch(/written by a newer Tollgate.*choose another TOLLGATE_HOME/);
  });

  it('says when the home cannot be made', async () => {
    await mkdir(home);
    const file = join(home, 'file');
    await writeFile(file, '');
    const message = `tollgate: ${file} is a file, not a folder; move it away or choose another TOLLGATE_HOME.`;
    expect(await refusalOf([], { TOLLGATE_HOME: join(file, 'below') })).toBe(message);
    expect(await refusalOf(['gateway'], { TOLLGATE_HOME: file })).toBe(message);
  });

  it.runIf(process.platform === 'linux').each([[[]], [['gateway']]])(
    'does not hang where nothing can be made: start %j',
    async (words) => {
      expect(await refusalOf(words, { TOLLGATE_HOME: '/proc/nohome' })).toBe(
        'tollgate: /proc takes no new folders; choose another TOLLGATE_HOME.',
      );
    },
  );

  it('says when the same service runs on the home already', async () => {
    const database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
    await database.waitFor(/Ready: database/);
    const identity = startProgram(['start', 'identity'], { TOLLGATE_HOME: home });
    await identity.waitFor(/Ready: identity/);
    expect(await refusalOf(['identity'], {})).toMatch(
      new RegExp(`The identity service already runs on .* as process ${identity.pid}; stop that one first`),
    );
    expect(await identity.end('SIGTERM')).toEqual({ code: 0, signal: null });
    // As Ctrl-C under npm does: from the terminal, and passed on by npm.
    process.kill(database.pid, 'SIGINT');
    expect(await database.end('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['TOLLGATE_PORT', 'http'],
    ['TOLLGATE_PORT', '70000'],
    ['TOLLGATE_LOG_LEVEL', 'loud'],
    ['ACCOUNTING_URL', 'somewhere'],
    ['ACCOUNTING_DATABASE_URL', 'mysql://localhost/x'],
  ])('names the variable %s when it is %s', async (name, value) => {
    expect(await refusalOf([], { [name]: value })).toMatch(new RegExp(`^tollgate: ${name} is not valid`));
  });

  it('refuses one database address without the other, and faults beyond this machine', async () => {
    expect(await refusalOf([], { ACCESS_DATABASE_URL: 'postgres://a@h/x' })).toMatch(
      /ACCESS_MIGRATION_URL go together/,
    );
    const distant = {
      ACCESS_DATABASE_URL: 'postgres://a@192.0.2.1/x?sslmode=verify-full',
      ACCESS_MIGRATION_URL: 'postgres://b@192.0.2.1/x?sslmode=verify-full',
    };
    expect(await refusalOf(['access'], { ...distant, TOLLGATE_FAULTS: 'a=kill' })).toMatch(
      /TOLLGATE_FAULTS is for tests/,
    );
  });

  it('suggests the near one for a service it does not know', async () => {
    const program = startProgram(['start', 'acounting'], { TOLLGATE_HOME: home });
    expect((await program.ended).code).not.toBe(0);
    expect(program.output()).toMatch(/Allowed choices are .*accounting/);
  });
});
