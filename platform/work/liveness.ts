import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from '../database/databaseLog.js';

/** The first half of the advisory locks' keys; the second is the hash of a worker's id. */
const livenessLock = 7_016_656;
const beatMs = 1_000;
/** A worker proves that it lives within this time of its first job; it needs one beat. */
const graceMs = 3 * beatMs;
const connectMsMax = 5_000;

/** Proof that this process' workers live, and the end of others' that do not. */
export interface Liveness {
  /** Tells of a worker of this process. */
  add(workerId: string): void;
  /** Tells that all workers added so far have ended: what they left locked is anybody's. */
  forget(): void;
  stop(): Promise<void>;
}

/**
 * Graphile Worker gives a killed worker's tasks to others after four hours. This shortens it to seconds: each worker is
 * vouched for by an advisory lock, which PostgreSQL drops when the process ends in whatever way, and every beat the
 * tasks of workers without one are unlocked. A task may thus run again while a paused worker still believes it has it;
 * tasks are written to bear that.
 */
export function startLiveness(url: string, log: DatabaseLog): Liveness {
  const ids = new Set<string>();
  const stopping = new AbortController();
  const beating = beatUntilStopped();

  async function beatUntilStopped(): Promise<void> {
    let session: Session | undefined;
    while (!stopping.signal.aborted) {
      try {
        session ??= await openSession(url);
        await vouch(session, ids);
        await unlockDead(session, ids, log);
      } catch (error) {
        log.warn(`work: ${error instanceof Error ? error.message : String(error)}`);
        await session?.client.end().catch(() => undefined);
        session = undefined;
      }
      await sleep(beatMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await session?.client.end();
  }

  return {
    add: (workerId) => ids.add(workerId),
    forget: () => ids.clear(),
    stop: () => {
      stopping.abort();
      return beating;
    },
  };
}

interface Session {
  readonly client: pg.Client;
  readonly vouchedFor: Set<string>;
}

async function openSession(url: string): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tollgate liveness',
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
  });
  // The next query fails and opens a new session.
  client.on('error', () => undefined);
  await client.connect();
  return { client, vouchedFor: new Set() };
}

async function vouch({ client, vouchedFor }: Session, ids: ReadonlySet<string>): Promise<void> {
  for (const id of ids) {
    if (vouchedFor.has(id)) continue;
    // Another process that is just asking whether we live lets go at once, so this waits for a moment at most.
    await client.query('select pg_advisory_lock($1, hashtext($2))', [livenessLock, id]);
    vouchedFor.add(id);
  }
  for (const id of vouchedFor) {
    if (ids.has(id)) continue;
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [livenessLock, id]);
    vouchedFor.delete(id);
  }
}

async function unlockDead({ client }: Session, own: ReadonlySet<string>, log: DatabaseLog): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `select distinct locked_by as id from graphile_worker._private_jobs
     where locked_at < now() - $1 * interval '1 millisecond' and locked_by <> all($2)`,
    [graceMs, [...own]],
  );
  for (const { id } of rows) {
    const { rows: asked } = await client.query<{ isDead: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as "isDead"',
      [livenessLock, id],
    );
    if (asked[0]?.isDead !== true) continue;
    await client.query('select graphile_worker.force_unlock_workers($1::text[])', [[id]]);
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [livenessLock, id]);
    log.warn(`work: took over the tasks of a worker that died (${id})`);
  }
}
