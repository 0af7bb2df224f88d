import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises';
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
afterEach(() => remove());

const run = async (words: readonly string[], environment: Record<string, string> = {}) => {
  const program = startProgram(words, { TOLLGATE_HOME: home, ...environment });
  const { code } = await program.ended;
  return { code, output: program.output() };
};
const show = async (environment: Record<string, string> = {}) => {
  const { code, output } = await run(['configuration', 'show', '--json', '--config', file], environment);
  expect(code, output).toBe(0);
  const rows = JSON.parse(output) as { key: string; value: string | null; source: string }[];
  return Object.fromEntries(rows.map(({ key, value, source }) => [key, [value, source]]));
};
const refusal = async (content: string, environment: Record<string, string> = {}) => {
  await writeFile(file, content, { mode: 0o600 });
  const { code, output } = await run(['configuration', 'show', '--config', file], environment);
  expect(code, output).toBe(1);
  expect(output).not.toMatch(/\n\s+at /);
  return output;
};

describe('tollgate configuration init', () => {
  it('writes every key explained, for the owner alone, and never over a file that is there', async () => {
    const made = await run(['configuration', 'init', file]);
    expect(made).toEqual({ code: 0, output: `Every setting is explained in ${file}.\n` });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await show()).toMatchObject({ 'gateway.port': [null, 'default'] });
    await writeFile(file, 'gateway:\n  port: 4100\n');
    const again = await run(['configuration', 'init', file]);
    expect(again).toEqual({ code: 4, output: `tollgate: ${file} is there already; nothing was changed.\n` });
    expect(await readFile(file, 'utf8')).toBe('gateway:\n  port: 4100\n');
    expect(await run(['configuration', 'init', join(file, 'below.yaml')])).toMatchObject({ code: 1 });
  });
});

describe('tollgate configuration show', () => {
  it('prints what counts and where it comes from: environment over file over default', async () => {
    await writeFile(file, 'gateway:\n  port: 4100\n  ui: false\nlogging:\n  level: info\n', { mode: 0o600 });
    expect(await show({ TOLLGATE_PORT: '4200', TOLLGATE_UI: '' })).toMatchObject({
      'gateway.port': ['4200', 'environment'],
      'gateway.ui': ['off', `${file}:3`],
      'logging.level': ['info', `${file}:5`],
      'gateway.introspection': [null, 'default'],
    });
  });

  it('shows no secret, and the name of a credential', async () => {
    const content = `identity:
  databaseUrl: postgresql://identity_app:hunter2@127.0.0.1/tollgate_identity
  migrationUrl: postgresql://identity_owner:hunter3@127.0.0.1/tollgate_identity
`;
    await writeFile(file, content, { mode: 0o600 });
    const { output } = await run(['configuration', 'show', '--config', file]);
    expect(output).toMatch(/identity\.databaseUrl +\(secret\)/);
    expect(output).not.toContain('hunter');
  });

  it('names the file, the line and the key of what a service would refuse', async () => {
    expect(await refusal('gateway:\n  port: 70000\n')).toMatch(
      /^tollgate: gateway\.port \(.*own\.yaml:2\) is not valid: /,
    );
    expect(await refusal('identity:\n  registration: perhaps\naccess:\n  leaseMs: 1\n')).toMatch(
      /^tollgate: identity\.registration \(.*own\.yaml:2\) must be open, closed.*\ntollgate: access\.leaseMs \(.*own\.yaml:4\) must be/,
    );
    expect(await refusal('logging:\n  file: relative.log\n')).toMatch(
      /logging\.file \(.*own\.yaml:2\) must be an absolute path/,
    );
    expect(await refusal('', { TOLLGATE_UI: 'perhaps' })).toMatch(/^tollgate: TOLLGATE_UI must be on or off/);
  });

  it('tells all that is wrong at once, and nothing that is wrong only because of that', async () => {
    const content = `general:
  hots: 0.0.0.0
  drainSeconds: 99
gatway:
  port: 4000
gateway:
  ui: maybe
logging:
  level: loud
  file: relative.log
identity:
  databaseUrl: postgresql://identity_app@127.0.0.1/tollgate_identity
  tokenSeconds: 5
  registration: directory
  ldap:
    url: gopher://directory
storage:
  objectsFolder: objects
compute:
  localTrusted: somebody
`;
    const lines = (await refusal(content)).trim().split('\n');
    const keys = lines.map((line) => /(?:there is no key )?[a-z]+(?:\.[a-zA-Z]+)*\b(?= \(| must|;)/.exec(line)?.[0]);
    expect(keys.sort()).toEqual([
      'compute.localTrusted',
      'gateway.ui',
      'general.drainSeconds',
      'identity.databaseUrl',
      'identity.ldap.url',
      'identity.tokenSeconds',
      'logging.file',
      'logging.level',
      'storage.objectsFolder',
      'there is no key gatway',
      'there is no key general.hots',
    ]);
  });

  it('refuses a secret that everybody on the machine may read, and takes a credential', async () => {
    await writeFile(file, 'identity:\n  ldap:\n    bindPassword: hunter2\n', { mode: 0o644 });
    await chmod(file, 0o644);
    const { code, output } = await run(['configuration', 'show', '--config', file]);
    expect(code).toBe(1);
    expect(output).toMatch(
      /own\.yaml:3: identity\.ldap\.bindPassword is a secret and everybody may read the file; run "chmod o= /,
    );
    expect(output).not.toContain('hunter2');
    await writeFile(file, 'identity:\n  ldap:\n    bindPassword: acct:ldap.reader#password\n', { mode: 0o644 });
    const { output: credential } = await run(['configuration', 'show', '--config', file], {
      IDENTITY_LDAP_BIND_PASSWORD: 'from the environment',
    });
    expect(credential).not.toContain('from the environment');
  });

  it('refuses a file that everybody may write', async () => {
    await writeFile(file, 'gateway:\n  port: 4100\n', { mode: 0o600 });
    await chmod(file, 0o666);
    expect((await run(['configuration', 'show', '--config', file])).output).toContain(
      `${file} may be written by everybody; run "chmod o-w ${file}".`,
    );
  });

  it.runIf(process.getuid?.() === 0)('refuses a file of another user', async () => {
    await writeFile(file, '', { mode: 0o600 });
    await chown(file, 12345, 12345);
    expect((await run(['configuration', 'show', '--config', file])).output).toMatch(
      /belongs to another user \(12345\); give it to/,
    );
  });

  it('takes the data folder from a file that is named, and not from the one in the data folder', async () => {
    await writeFile(file, `general:\n  home: ${join(home, 'other')}\n`, { mode: 0o600 });
    expect(await show({ TOLLGATE_HOME: '' })).toMatchObject({ 'general.home': [join(home, 'other'), `${file}:2`] });
    const inside = join(dirname(home), 'tollgate.yaml');
    await writeFile(inside, `general:\n  home: ${home}\n`, { mode: 0o600 });
    const { code, output } = await run(['configuration', 'show'], { TOLLGATE_HOME: dirname(home) });
    expect(code).toBe(1);
    expect(output).toMatch(
      /tollgate\.yaml:2: general\.home cannot be said by the file in the data folder; name a file with --config/,
    );
    expect(await refusal('general:\n  home: somewhere\n', { TOLLGATE_HOME: '' })).toMatch(
      /general\.home must be an absolute path/,
    );
  });
});

describe('a file that is named and not there', () => {
  it('is written by start, and missed by all else', async () => {
    const { code, output } = await run(['configuration', 'show', '--config', file]);
    expect(code).toBe(1);
    expect(output).toBe(`tollgate: ${file} is not there; "tollgate start --config ${file}" writes it.\n`);
    const database = startProgram(['start', 'database', '--config', file], { TOLLGATE_HOME: home });
    await database.waitFor(/Ready: database/);
    await database.end('SIGTERM');
    expect(database.output()).toContain(
      `${file} was not there; it is now, and sets nothing. Every setting is explained in ${file}.`,
    );
    expect((await run(['configuration', 'show', '--config', file])).code).toBe(0);
    const nowhere = join(file, 'tollgate.yaml');
    expect((await run(['start', 'database', '--config', nowhere])).output).toBe(
      `tollgate: ${nowhere} is not there and cannot be written (ENOTDIR); make it ("tollgate configuration init ${nowhere}"), or name another.\n`,
    );
  });
});

describe('the first start', () => {
  it('writes the file with every key explained, which sets nothing and is never overwritten', async () => {
    const start = async () => {
      const database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
      await database.waitFor(/Ready: database/);
      expect(await database.end('SIGTERM')).toEqual({ code: 0, signal: null });
      return database.output();
    };
    const written = join(home, 'tollgate.yaml');
    expect(await start()).toContain(`Every setting is explained in ${written}.`);
    expect((await stat(written)).mode & 0o777).toBe(0o600);
    await writeFile(written, `${await readFile(written, 'utf8')}# mine\n`);
    expect(await start()).not.toContain('explained');
    expect(await readFile(written, 'utf8')).toMatch(/# mine\n$/);
  });
});
