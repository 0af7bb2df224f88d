import type pg from 'pg';
import type { SqlSession } from './sql.js';

/** The advisory lock, in the database of a service that keeps bytes beside it: deletions share it, a backup has it alone. */
const deletionLock = 7_016_657;

/**
 * Whether bytes that the database named may be deleted until the caller's transaction ends. False while a backup holds
 * deletions: what its point in time still names must be there when it is copied.
 */
export async function mayDelete(sql: SqlSession): Promise<boolean> {
  const [row] = await sql.$queryRawUnsafe<{ isFree: boolean }[]>(
    'select pg_try_advisory_xact_lock_shared($1) as "isFree"',
    deletionLock,
  );
  return row?.isFree === true;
}

/**
 * Holds deletions until the connection ends, in whatever way. Returns when those that were under way are done, so that
 * from then on none happens.
 */
export async function holdDeletions(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [deletionLock]);
}
