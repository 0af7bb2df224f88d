import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exitCodes.js';
import type { ServiceUrls } from '../../platform/database/embedded/urls.js';
import { freePort, makeHome, type ProgramOptions, startProgram } from '../support/program.js';
import { badStart } from './support/badStart.js';
import { type DatabaseElsewhere, startDatabaseElsewhere } from './support/databaseElsewhere.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const canMount = process.platform === 'linux' && spawnSync('unshare', ['-m', 'true']).status === 0;

let server: DatabaseElsewhere;
let urls: ServiceUrls;
beforeAll(async () => {
  server = await startDatabaseElsewhere();
  urls = server.urls('accounting');
});
afterAll(() => server.stop());

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(() => remove());

const refusalOf = (
  words: readonly string[],
  environment: Record<string, string>,
  options: ProgramOptions & { readonly code?: number } = {},
): Promise<string> => badStart({ home, words, environment, ...options });

/** Accounting's database with other addresses, said by the configuration file: sentences name its keys. */
async function configured(
  change: (url: URL) => void,
  which: 'migrationUrl' | 'databaseUrl' = 'migrationUrl',
): Promise<void> {
  const addresses = { migrationUrl: new URL(urls.ownerUrl), databaseUrl: new URL(urls.appUrl) };
  change(addresses[which]);
  const lines = ['accounting:', ...Object.entries(addresses).map(([key, url]) => `  ${key}: ${url.href}`)];
  await mkdir(home);
  await writeFile(join(home, 'tollgate.yaml'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

describe('a database of an operator that cannot be used', () => {
  it.each([
    ['migrationUrl', 'accounting_owner', 2],
    ['databaseUrl', 'accounting_app', 3],
  ] as const)('with a wrong password in %s', async (key, role, line) => {
    await configured((url) => {
      url.password = 'not-the-password';
    }, key);
    const said = await refusalOf(['accounting'], {});
    expect(said).toMatch(
      new RegExp(
        `^tollgate: The database at 127\\.0\\.0\\.1:\\d+ does not let the role ${role} in \\(28P01: wrong password or role\\); ` +
          `correct accounting\\.${key} \\(.*tollgate\\.yaml:${line}\\)\\.$`,
      ),
    );
    expect(said).not.toContain('not-the-password');
  });

  it('that nobody answers for', async () => {
    const port = await freePort();
    await configured((url) => {
      url.port = String(port);
    });
    // A service manager starts it again.
    expect(await refusalOf(['accounting'], {}, { code: exitCodes.tryAgain })).toMatch(
      new RegExp(
        `^tollgate: The database at 127\\.0\\.0\\.1:${port} cannot be reached \\(ECONNREFUSED\\); start it, or correct accounting\\.migrationUrl`,
      ),
    );
  });

  it('nor for the embedded one, which a service manager may have started just now', async () => {
    expect(await refusalOf(['accounting'], {}, { code: exitCodes.tryAgain })).toBe(
      `tollgate: No database runs in ${home}; start it with \`tollgate start database\` and the same TOLLGATE_HOME.`,
    );
  });

  it('that the server does not have', async () => {
    await configured((url) => {
      url.pathname = '/tollgate_nowhere';
    });
    expect(await refusalOf(['accounting'], {})).toMatch(
      /^tollgate: The server at .* has no database tollgate_nowhere; make it, or correct accounting\.migrationUrl/,
    );
  });

  it('whose authority is in a file that is not there', async () => {
    await configured((url) => {
      url.searchParams.set('sslmode', 'verify-full');
      url.searchParams.set('sslrootcert', '/nowhere/ca.pem');
    });
    expect(await refusalOf(['accounting'], {})).toMatch(
      /^tollgate: accounting\.migrationUrl \(.*\) names \/nowhere\/ca\.pem as sslrootcert, which is not there; correct the path, or copy it there\.$/,
    );
  });

  it('for one of several services: those that had started are ended again', async () => {
    const wrong = new URL(urls.appUrl);
    wrong.password = 'not-the-password';
    const environment = { ACCOUNTING_MIGRATION_URL: urls.ownerUrl, ACCOUNTING_DATABASE_URL: wrong.href };
    expect(await refusalOf(['database', 'identity', 'accounting'], environment)).toMatch(
      /does not let the role accounting_app in .*; correct ACCOUNTING_DATABASE_URL\.$/,
    );
    const stopped = startProgram(['info'], { TOLLGATE_HOME: home });
    expect((await stopped.ended).code).toBe(3);
  });
});

describe("a bucket of an operator's own", () => {
  /** Storage with a bucket at a port, told by the configuration file. */
  async function withBucket(endpoint: string, more: readonly string[] = []): Promise<void> {
    const { ownerUrl, appUrl } = server.urls('storage');
    const keys = [`endpoint: ${endpoint}`, 'bucket: objects', 'accessKeyId: KEY', 'secretAccessKey: the-secret'];
    const lines = [
      'storage:',
      `  migrationUrl: ${ownerUrl}`,
      `  databaseUrl: ${appUrl}`,
      '  capacityBytes: 1000000000',
    ];
    await mkdir(home);
    const text = [...lines, ...more, '  s3:', ...keys.map((line) => `    ${line}`)].join('\n');
    await writeFile(join(home, 'tollgate.yaml'), `${text}\n`, { mode: 0o600 });
  }

  it('that nobody answers for', async () => {
    const port = await freePort();
    await withBucket(`https://127.0.0.1:${port}`);
    // A service manager starts it again.
    expect(await refusalOf(['storage'], {}, { code: exitCodes.tryAgain })).toMatch(
      new RegExp(
        `^tollgate: The object store at https://127\\.0\\.0\\.1:${port} cannot be reached \\(ECONNREFUSED\\); start it, or correct ` +
          'storage\\.s3\\.endpoint \\(.*tollgate\\.yaml:6\\)\\.$',
      ),
    );
  });

  it('beside a folder, or beyond loopback without TLS', async () => {
    await withBucket('https://s3.example.org', ['  objectsFolder: /srv/objects']);
    expect(await refusalOf(['storage'], {})).toMatch(
      /^tollgate: storage\.objectsFolder \(.*\) and storage\.s3\.bucket \(.*\) are both set/,
    );
    await rm(home, { recursive: true });
    await withBucket('http://s3.example.org');
    expect(await refusalOf(['storage'], {})).toMatch(
      /^tollgate: storage\.s3\.endpoint \(.*\) must be https:\/\/host\[:port\] of the object store \(http on loopback alone\)/,
    );
  });

  it('whose secret everybody may read', async () => {
    await withBucket('https://s3.example.org');
    await chmod(join(home, 'tollgate.yaml'), 0o644);
    // The first secret of the file is named.
    expect(await refusalOf(['storage'], {})).toMatch(/is a secret and everybody may read the file; run "chmod o= /);
  });
});

describe('an address that cannot be had', () => {
  it("a service's port that is taken", async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const environment = { ACCOUNTING_MIGRATION_URL: urls.ownerUrl, ACCOUNTING_DATABASE_URL: urls.appUrl };
    expect(await refusalOf(['accounting'], { ...environment, ACCOUNTING_PORT: String(port) })).toBe(
      `tollgate: Port ${port} on 127.0.0.1 is taken; end the program that has it, or set ACCOUNTING_PORT.`,
    );
    taken.close();
  });

  it('a peer that is not there: not ready and saying so, and ended after a minute', async () => {
    const identity = `http://127.0.0.1:${await freePort()}`;
    const program = startProgram(['start', 'accounting'], {
      TOLLGATE_HOME: home,
      ACCOUNTING_MIGRATION_URL: urls.ownerUrl,
      ACCOUNTING_DATABASE_URL: urls.appUrl,
      IDENTITY_URL: identity,
    });
    const urlOf = async (): Promise<string> =>
      (JSON.parse(await readFile(join(home, 'run', 'accounting.json'), 'utf8')) as { url: string }).url;
    await expect.poll(() => urlOf().catch(() => ''), { timeout: 60_000 }).toMatch(/^http/);
    const url = await urlOf();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not ready', reason: 'identity has not answered yet' });
    expect((await program.ended).code).toBe(exitCodes.tryAgain);
    expect(program.output()).toMatch(
      /tollgate: http:.* is not ready after a minute \(identity has not answered yet\); start what it waits for, or correct where it looks: IDENTITY_URL\.\n$/,
    );
  });
});

describe.runIf(isRoot)('a home that is not to be had', () => {
  it.each([[[]], [['gateway']], [['--detach']]])("because it is another user's: start %j", async (words) => {
    await mkdir(home);
    await chown(home, 12_345, 12_345);
    expect(await refusalOf(words, {})).toBe(
      `tollgate: ${home} belongs to another user (12345, this one is 0); start Tollgate as that one, give the folder to this one ` +
        'with "chown -R", or choose another TOLLGATE_HOME.',
    );
  });

  it.each([
    [0o700, /tollgate\.yaml cannot be read \(EACCES\); make it readable for this user\.$/],
    [
      0o755,
      /^tollgate: .*home cannot be written \(EACCES\); make it writable for this user or choose another TOLLGATE_HOME\.$/,
    ],
  ])('because it is root’s alone (%o)', async (mode, sentence) => {
    await mkdir(home);
    await chmod(home, mode);
    for (const words of [[], ['--detach']]) expect(await refusalOf(words, {}, { uid: NOBODY })).toMatch(sentence);
  });

  it('because the passwords in it are for another user', async () => {
    await mkdir(join(home, 'run'), { recursive: true });
    await writeFile(join(home, 'run', 'database.json'), '{}', { mode: 0o600 });
    await chmod(home, 0o777);
    await chmod(join(home, 'run'), 0o777);
    expect(await refusalOf(['identity'], {}, { uid: NOBODY })).toMatch(
      /run\/database\.json cannot be read \(EACCES\); give it to the user that starts Tollgate\.$/,
    );
  });
});

describe.runIf(canMount)('a disk that does not take it', () => {
  /** Starts on a home that is a small disk of its own, which ends with the program. */
  const onDisk = (options: string, before = ':'): ProgramOptions => ({
    through: [
      'unshare',
      '-m',
      'sh',
      '-c',
      `mount -t tmpfs -o ${options} none "${home}" && ${before} && exec "$@"`,
      'sh',
    ],
  });

  it.each([
    [
      'nearly full',
      'size=64m,mode=755',
      ':',
      [],
      /^tollgate: Only 6\d MiB are free at .* and the database needs 512 MiB; free some space/,
    ],
    [
      'full',
      'size=64k,mode=755',
      'FILL',
      ['gateway'],
      /^tollgate: The start on .*home failed.* \(ENOSPC\): the disk is full; free some space and try again\.$/,
    ],
    [
      'read-only',
      'ro,mode=755',
      ':',
      [],
      /cannot be written \(EROFS\); make it writable for this user or choose another TOLLGATE_HOME\.$/,
    ],
  ])('because it is %s', async (_name, options, before, words, sentence) => {
    await mkdir(home);
    const fill = `{ mkdir "${home}/run"; cat /dev/zero > "${home}/rest" 2>/dev/null || true; }`;
    expect(await refusalOf(words, {}, onDisk(options, before === 'FILL' ? fill : before))).toMatch(sentence);
  });
});
