import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MigrateOptions, migrate } from '../../../platform/database/migrate.js';
import { MigrationError } from '../../../platform/database/migrationError.js';
import { emptyDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await emptyDatabase('sandbox');
  folder = await mkdtemp(join(tmpdir(), 'tollgate-migrations-'));
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, script: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), script);
}

const run = (options: Partial<MigrateOptions> = {}) =>
  migrate({
    ownerUrl: database.ownerUrl,
    folder,
    schema: 'public',
    appRole: 'sandbox_app',
    programVersion: '0.1.0',
    ...options,
  });

async function query(url: string, text: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A transaction that has read the table which a migration is to change. */
async function readerBefore(migration: string): Promise<pg.Client> {
  await write('1_first', 'create table t (n int);');
  await run();
  await write(migration, 'alter table t add column m int;');
  const reader = new pg.Client({ connectionString: database.ownerUrl });
  await reader.connect();
  await reader.query('begin; select n from t');
  return reader;
}

/** Asks until there is a row. */
async function waitFor(text: string): Promise<void> {
  while ((await query(database.ownerUrl, text)).length === 0) await delay(10);
}

async function refusal(options: Partial<MigrateOptions> = {}): Promise<string> {
  const error = await run(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MigrationError);
  return (error as MigrationError).message;
}

describe('migrate', () => {
  it('applies what is missing in the order of the names, once, and ignores other files', async () => {
    await write('2_second', 'insert into t values (2);');
    await write('1_first', 'create table t (n int);\ninsert into t values (1);');
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
    expect(await run()).toEqual(['1_first', '2_second']);
    expect(await run()).toEqual([]);
    await write('3_third', 'insert into t values (3);');
    expect(await run()).toEqual(['3_third']);
    expect(await query(database.ownerUrl, 'select n from t order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("keeps Prisma's table as Prisma would", async () => {
    const script = 'create table t (n int);';
    await write('1_first', script);
    await run();
    const rows = await query(database.ownerUrl, 'select * from _prisma_migrations');
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: createHash('sha256').update(script).digest('hex'),
        finished_at: expect.any(Date),
        migration_name: '1_first',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      },
    ]);
  });

  it('run eight times at once, applies each migration once', async () => {
    await write('1_first', 'create table t (n int);');
    await write('2_second', 'select pg_sleep(0.05); insert into t values (2);');
    const applied = await Promise.all(Array.from({ length: 8 }, () => run()));
    expect(applied.flat()).toEqual(['1_first', '2_second']);
    expect(await query(database.ownerUrl, 'select n from t')).toEqual([{ n: 2 }]);
  });

  it('works in a schema of its own, and puts the app role for its token', async () => {
    const script =
      'create table t (n int); grant usage on schema platform to __APP_ROLE__; grant select on t to __APP_ROLE__;';
    await write('1_first', script);
    await run({ schema: 'platform' });
    expect(await query(database.appUrl, 'select count(*)::int as n from platform.t')).toEqual([{ n: 0 }]);
    const [row] = await query(database.ownerUrl, 'select checksum from platform._prisma_migrations');
    expect(row?.checksum).toBe(createHash('sha256').update(script).digest('hex'));
  });

  it('grants nothing that a script does not', async () => {
    await write('1_first', 'create table t (n int); create table u (n int); grant select on t to sandbox_app;');
    await run();
    expect(await query(database.appUrl, 'select n from t')).toEqual([]);
    await expect(query(database.appUrl, 'insert into t values (1)')).rejects.toThrow(/permission denied/);
    await expect(query(database.appUrl, 'select n from u')).rejects.toThrow(/permission denied/);
    await expect(query(database.appUrl, 'select 1 from _prisma_migrations')).rejects.toThrow(/permission denied/);
  });

  it('leaves no trace of a script that fails, and goes on from there once it is mended', async () => {
    await write('1_first', 'create table t (n int);');
    await write('2_second', 'create table u (n int); insert into nowhere values (1);');
    expect(await refusal()).toBe(
      'Migration 2_second failed (relation "nowhere" does not exist) and was undone; clear the cause and start again.',
    );
    expect(await query(database.ownerUrl, "select to_regclass('u') as u")).toEqual([{ u: null }]);
    await write('2_second', 'create table u (n int);');
    expect(await run()).toEqual(['2_second']);
  });

  it('gives way to a transaction that has a lock, so that others are not kept waiting, and comes back', async () => {
    const reader = await readerBefore('2_second');
    try {
      const migrating = run();
      // Whoever comes after the script queues behind it, until it gives way.
      await waitFor(`select 1 from pg_locks where relation = 't'::regclass and not granted`);
      expect(await query(database.ownerUrl, 'select n from t')).toEqual([]);
      await reader.query('commit');
      expect(await migrating).toEqual(['2_second']);
    } finally {
      await reader.end();
    }
    expect(await query(database.ownerUrl, 'select m from t')).toEqual([]);
  });

  it('says so where a lock is not to be had', async () => {
    const reader = await readerBefore('2_second');
    try {
      expect(await refusal({ lockTries: 1 })).toBe(
        'Migration 2_second was undone: another transaction keeps a lock that it needs (see pg_stat_activity); ' +
          'end it and start again.',
      );
    } finally {
      await reader.end();
    }
    expect(await run()).toEqual(['2_second']);
  });

  it('refuses an applied script that was changed', async () => {
    await write('1_first', 'create table t (n int);');
    await run();
    await write('1_first', 'create table t (n bigint);');
    expect(await refusal()).toBe(
      'Migration 1_first was changed after it had been applied; put the file back and write a new migration instead.',
    );
  });

  it('refuses a database that is newer than the program', async () => {
    await write('1_first', 'create table t (n int);');
    await write('2_second', 'create table u (n int);');
    await run();
    await rm(join(folder, '2_second'), { recursive: true });
    await write('3_third', 'create table v (n int);');
    expect(await refusal()).toBe(
      'The database has migration 2_second, which this program (0.1.0) does not know; ' +
        'start the version that made it, or a newer one.',
    );
    expect(await query(database.ownerUrl, "select to_regclass('v') as v")).toEqual([{ v: null }]);
  });

  it('refuses what `prisma migrate` left half done, and passes over what it rolled back', async () => {
    await write('1_first', 'create table t (n int);');
    await run();
    await query(database.ownerUrl, 'update _prisma_migrations set finished_at = null');
    expect(await refusal()).toBe('Migration 1_first is half applied; finish it with `prisma migrate resolve`.');
    await query(database.ownerUrl, 'update _prisma_migrations set rolled_back_at = now(); drop table t');
    expect(await run()).toEqual(['1_first']);
  });
});
