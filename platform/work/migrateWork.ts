import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { takeLock } from '../database/advisoryLock.js';
import { untilAborted } from '../database/untilAborted.js';
import { workLogger } from './workLogger.js';

/** Ours alone: two services' starts, or two replicas', install one after the other. */
const installLock = 72_707_370;

/**
 * Installs Graphile Worker's tables, or brings them up to date, as their owner, and lets the app role work with them.
 *
 * The app role gets rows and functions of that schema, never its structure: so the serving process both enqueues and
 * works without a connection of the owner's. The tables have row level security switched on without any rule, which
 * shuts out all but the owner; one rule admits the app role.
 * @param waiting is told once where another process does it, and is waited for
 * @param signal ends it, with its connection
 */
export async function migrateWork(
  ownerUrl: string,
  appRole: string,
  waiting: () => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'tollgate migrate',
    ...untilAborted(signal),
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await takeLock(client, installLock, waiting);
    await runMigrations({ connectionString: ownerUrl, logger: workLogger() });
    await grantWork(client, pg.escapeIdentifier(appRole));
  } finally {
    await client.end();
  }
}

async function grantWork(client: pg.Client, role: string): Promise<void> {
  await client.query(`
    grant usage on schema graphile_worker to ${role};
    grant select, insert, update, delete on all tables in schema graphile_worker to ${role};
    revoke insert, update, delete on graphile_worker.migrations from ${role};
    grant usage on all sequences in schema graphile_worker to ${role};
    grant execute on all functions in schema graphile_worker to ${role}`);
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'graphile_worker'::regnamespace and relrowsecurity
       and not exists (select 1 from pg_policy where polrelid = pg_class.oid and polname = 'tollgate_app')`,
  );
  for (const { name } of rows) {
    const table = `graphile_worker.${pg.escapeIdentifier(name)}`;
    await client.query(`create policy tollgate_app on ${table} to ${role} using (true) with check (true)`);
  }
}
