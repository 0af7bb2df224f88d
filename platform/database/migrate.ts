import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { takeLock } from './advisoryLock.js';
import { MigrationError } from './migrationError.js';
import { type Migration, readMigrations } from './migrationFolder.js';
import { sqlErrorCode } from './sqlErrorCode.js';
import { untilAborted } from './untilAborted.js';

/** Prisma's own advisory lock: `prisma migrate deploy` and this runner never work at the same time. */
const migrationLock = 72_707_369;

/** Prisma's own table, column by column, so that its tools stay usable on the database. */
const migrationsTable = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

/**
 * How long a script waits for a lock, and for how long it is tried again. Whoever uses a table queues behind who wants to
 * change it, so a script that waited for a long transaction would stop the replicas that serve meanwhile.
 */
const lockWaitMs = 200;
const lockTriesMax = 100;
const lockPauseMs = 500;
const lockNotAvailable = '55P03';
const deadlockDetected = '40P01';

/** What to migrate, and where. */
export interface MigrateOptions {
  /** The owner's address; the connection is closed afterwards. */
  readonly ownerUrl: string;
  /** Holds `<name>/migration.sql`. */
  readonly folder: string;
  /** The PostgreSQL schema that unqualified names, and the table of applied migrations, stand in; made when missing. */
  readonly schema: string;
  /** The role that the token `__APP_ROLE__` in a script stands for; a script without the token needs none. */
  readonly appRole?: string;
  /** Named in messages. */
  readonly programVersion?: string;
  /** Is told once where another process migrates, and is waited for. */
  readonly waiting?: () => void;
  /** How often a script is tried that others' transactions keep from its tables, half a second apart; 100 unless told. */
  readonly lockTries?: number;
  /** Ends it, with its connection: what is not committed is undone. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Applies the folder's migrations that the database lacks, each in a transaction of its own. Safe to run in parallel:
 * the second waits and finds nothing to do. The app role gets what the scripts grant, and nothing else.
 * @returns the names of those applied now
 * @throws MigrationError when an applied script was changed, the database is newer than the program, or a script fails
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const migrations = await readMigrations(options.folder);
  const client = new pg.Client({
    connectionString: options.ownerUrl,
    application_name: 'tollgate migrate',
    ...untilAborted(options.signal),
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await takeLock(client, migrationLock, options.waiting ?? (() => undefined));
    await enterSchema(client, options.schema);
    const pending = await findPending(client, migrations, options);
    for (const migration of pending) await applyBeside(client, migration, options);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Asks before it makes: the owner of an external database may lack the right to create what is there already. */
async function enterSchema(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema ${pg.escapeIdentifier(schema)}`);
  await client.query("select set_config('search_path', $1, false)", [pg.escapeIdentifier(schema)]);
  const { rows } = await client.query("select to_regclass('_prisma_migrations') as present");
  if (rows[0]?.present === null) await client.query(migrationsTable);
}

async function findPending(
  client: pg.Client,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string; isFinished: boolean }>(
    `select migration_name as name, checksum, finished_at is not null as "isFinished"
     from _prisma_migrations where rolled_back_at is null order by migration_name`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum, isFinished } of rows) {
    const migration = known.get(name);
    if (migration === undefined) throw newerError(name, options);
    if (!isFinished) {
      throw new MigrationError(`Migration ${name} is half applied; finish it with \`prisma migrate resolve\`.`);
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `Migration ${name} was changed after it had been applied; put the file back and write a new migration instead.`,
      );
    }
  }
  const applied = new Set(rows.map(({ name }) => name));
  return migrations.filter(({ name }) => !applied.has(name));
}

/** Applies a script beside replicas that serve: it gives way where it cannot have its locks soon, and comes back. */
async function applyBeside(client: pg.Client, migration: Migration, options: MigrateOptions): Promise<void> {
  const { lockTries = lockTriesMax } = options;
  for (let tried = 1; ; tried += 1) {
    try {
      return await apply(client, migration, options);
    } catch (error) {
      const code = sqlErrorCode(error);
      if (code !== lockNotAvailable && code !== deadlockDetected) throw failed(migration, error);
      if (tried >= lockTries) throw keptOut(migration, error);
      await sleep(lockPauseMs);
    }
  }
}

/** The script and its row are one transaction: a crash leaves both or neither. */
async function apply(client: pg.Client, migration: Migration, options: MigrateOptions): Promise<void> {
  const { name, checksum } = migration;
  try {
    await client.query('begin');
    await client.query(`set local lock_timeout = ${lockWaitMs}`);
    await client.query(withAppRole(migration.script, options.appRole));
    // A script may have changed the search path, so the table is named in full.
    const table = `${pg.escapeIdentifier(options.schema)}._prisma_migrations`;
    await client.query(
      `insert into ${table} (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

function failed({ name }: Migration, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MigrationError(`Migration ${name} failed (${reason}) and was undone; clear the cause and start again.`, {
    cause,
  });
}

function keptOut({ name }: Migration, cause: unknown): MigrationError {
  return new MigrationError(
    `Migration ${name} was undone: another transaction keeps a lock that it needs (see pg_stat_activity); end it and start again.`,
    { cause },
  );
}

function withAppRole(script: string, appRole: string | undefined): string {
  if (!script.includes('__APP_ROLE__')) return script;
  if (appRole === undefined) throw new Error('the script grants to __APP_ROLE__ and no appRole was given');
  return script.replaceAll('__APP_ROLE__', pg.escapeIdentifier(appRole));
}

function newerError(name: string, options: MigrateOptions): MigrationError {
  const program = options.programVersion === undefined ? 'this program' : `this program (${options.programVersion})`;
  return new MigrationError(
    `The database has migration ${name}, which ${program} does not know; start the version that made it, or a newer one.`,
  );
}
