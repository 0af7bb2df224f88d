import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

const run = promisify(execFile);

describe('credentials named in the configuration', () => {
  let home: string;
  let remove: () => Promise<void>;
  let database: Program;
  let acct: Record<string, string>;
  let passwords: readonly string[];

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
    await database.waitFor(/Ready: database/);
    const { port, services } = JSON.parse(await readFile(join(home, 'run', 'database.json'), 'utf8'));
    const { ownerPassword, appPassword } = services.identity;
    passwords = [ownerPassword, appPassword];
    const at = `127.0.0.1:${port}/tollgate_identity`;
    const plain = join(home, '..', 'credentials.yaml');
    await writeFile(
      plain,
      `postgres:\n  identity:\n    app: postgresql://identity_app:${appPassword}@${at}\n` +
        `    owner: postgresql://identity_owner:${ownerPassword}@${at}\n    days: '9'\n`,
    );
    const keyFile = join(home, '..', 'key');
    const command = join(packageRoot, 'cli', 'tollgate.mjs');
    const { stdout } = await run(process.execPath, [command, 'acct', 'encrypt', plain]);
    await writeFile(keyFile, stdout);
    acct = { ACCT_FILE: `${plain}.fernet`, ACCT_KEY_FILE: keyFile };
  });
  afterAll(async () => {
    await database.end('SIGTERM');
    await remove();
  });

  it('are resolved at the start, and written nowhere', async () => {
    const identity = startProgram(['start', 'identity'], {
      TOLLGATE_HOME: join(home, '..', 'elsewhere'),
      TOLLGATE_LOG_LEVEL: 'debug',
      IDENTITY_DATABASE_URL: 'acct:postgres.identity#app',
      IDENTITY_MIGRATION_URL: 'acct:postgres.identity#owner',
      // What the service reads by itself, too.
      IDENTITY_SIGNING_KEY_DAYS: 'acct:postgres.identity#days',
      ...acct,
    });
    await identity.waitFor(/Ready: identity/);
    expect(await identity.end('SIGTERM')).toEqual({ code: 0, signal: null });
    for (const password of passwords) expect(identity.output()).not.toContain(password);
  });

  it.each([
    [
      'an unknown profile',
      { IDENTITY_DATABASE_URL: 'acct:postgres.nobody#app' },
      /^tollgate: IDENTITY_DATABASE_URL names a credential that cannot be had: There is no profile postgres\.nobody\.$/,
    ],
    [
      'a value of the wrong form, which is not shown',
      { IDENTITY_URL: 'acct:postgres.identity#owner' },
      /^tollgate: IDENTITY_URL is not valid: (?!.*postgresql).*$/,
    ],
    [
      'no file',
      { IDENTITY_DATABASE_URL: 'acct:postgres.identity#app', ACCT_FILE: '' },
      /^tollgate: IDENTITY_DATABASE_URL names a credential that cannot be had: No file was named.*ACCT_FILE/,
    ],
    [
      'no key',
      { IDENTITY_DATABASE_URL: 'acct:postgres.identity#app', ACCT_KEY_FILE: '' },
      /^tollgate: IDENTITY_DATABASE_URL names a credential that cannot be had: .*key/,
    ],
  ])('%s: one sentence that names the variable', async (_what, environment, sentence) => {
    const program = startProgram(['start', 'identity'], { TOLLGATE_HOME: home, ...acct, ...environment });
    expect((await program.ended).code, program.output()).toBe(1);
    const said = program.output().trim().split('\n').at(-1) ?? '';
    expect(said).toMatch(sentence);
    for (const password of passwords) expect(program.output()).not.toContain(password);
  });
});
