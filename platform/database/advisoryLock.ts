import type pg from 'pg';

/** A migration of a few tables is over before anybody wonders. */
const TELL_AFTER_MS = 1_000;

/**
 * Takes an advisory lock, which is released with the connection, whatever happens. Where another has it, it is waited for without end:
 * a migration takes the time that the tables' size asks.
 * @param waiting is told once, where that takes more than a moment
 */
export async function takeLock(client: pg.Client, lock: number, waiting: () => void): Promise<void> {
  const { rows } = await client.query<{ isTaken: boolean }>('select pg_try_advisory_lock($1) as "isTaken"', [lock]);
  if (rows[0]?.isTaken === true) return;
  const timer = setTimeout(waiting, TELL_AFTER_MS);
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
  } finally {
    clearTimeout(timer);
  }
}
