import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from '../database/databaseLog.js';

/** The first half of the advisory locks' keys; the second is the hash of a worker's id. */
const livenessLock = 7_016_656;
const beatMs = 1_000;
/** How soon one that seems dead is looked at again, unless the database has just started. */
const secondLookMs = 250;
/** After a restart of the database, or where connections were lost, everybody needs a moment to vouch again. */
const settledAfterMs = 5 * beatMs;
/** A worker proves that it lives within this time of its first job; it needs one beat. */
const graceMs = 3 * beatMs;
const connectMsMax = 5_000;

/** Something that a process has while it lives, and that is anybody's once it is dead. */
export interface Holding {
  /** Shown where it is taken over. */
  readonly name: string;
  /** A query for the ids of those who have some, as `id`. */
  readonly holders: string;
  /** A statement that gives up what $1 has. */
  readonly release: string;
}

/** Proof that this process' workers live, and the end of others' that do not. */
export interface Liveness {
  /** Resolves when this process is vouched for, or is stopped. */
  readonly vouched: Promise<void>;
  /** Tells of a worker of this process. */
  add(workerId: string): void;
  /** Tells that all workers added so far have ended: what they left locked is anybody's. */
  forget(): void;
  stop(): Promise<void>;
}

/** What a process has, by the id that it vouches for itself. */
export interface ProcessHolding {
  readonly id: string;
  readonly holding: Holding;
}

/** The tasks that a worker has locked. */
const lockedTasks: Holding = {
  name: 'tasks',
  holders: `select distinct locked_by as id from graphile_worker._private_jobs
            where locked_at < now() - ${graceMs} * interval '1 millisecond'`,
  release: 'select graphile_worker.force_unlock_workers(array[$1::text])',
};

/**
 * Graphile Worker gives a killed worker's tasks to others after four hours. This shortens it to seconds: each worker is
 * vouched for by an advisory lock, which PostgreSQL drops when the process ends in whatever way, and every beat the
 * tasks of workers without one are unlocked. A task may thus run again while a paused worker still believes it has it;
 * tasks are written to bear that. So it is with whatever else a process has while it lives.
 */
export function startLiveness(url: string, log: DatabaseLog, own: readonly ProcessHolding[] = []): Liveness {
  const ids = new Set<string>();
  const vouchers = new Set<string>(own.map(({ id }) => id));
  const holdings = [lockedTasks, ...own.map(({ holding }) => holding)];
  // Who was without a lock at the last beat: after a restart of the database everybody is, for a moment.
  let suspects: ReadonlySet<string> = new Set();
  const stopping = new AbortController();
  let tellVouched: () => void = () => undefined;
  const vouched = new Promise<void>((resolve) => {
    tellVouched = resolve;
  });
  const beating = beatUntilStopped();

  async function beatUntilStopped(): Promise<void> {
    let session: Session | undefined;
    let isFirst = true;
    while (!stopping.signal.aborted) {
      let pauseMs = beatMs;
      try {
        session ??= await openSession(url, isFirst);
        isFirst = false;
        const living = new Set([...ids, ...vouchers]);
        await vouch(session, living);
        tellVouched();
        suspects = await releaseDead(session, { living, suspects, holdings }, log);
        if (suspects.size > 0 && isSettled(session)) pauseMs = secondLookMs;
      } catch (error) {
        log.warn(`work: ${error instanceof Error ? error.message : String(error)}`);
        // Whoever was cut off vouches again at once, before it is taken for dead.
        if (session !== undefined) pauseMs = 0;
        await session?.client.end().catch(() => undefined);
        session = undefined;
      }
      const woken = AbortSignal.any([stopping.signal, ...(session === undefined ? [] : [session.lost])]);
      await sleep(pauseMs, undefined, { signal: woken }).catch(() => undefined);
    }
    tellVouched();
    await session?.client.end();
  }

  return {
    vouched,
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
  /** From when on, by this process' monotonic clock, everybody has had the time to vouch. */
  readonly settledAt: number;
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal;
}

const isSettled = ({ settledAt }: Session): boolean => performance.now() >= settledAt;

/** @param isFirst of this process: where one was lost, all others may have lost theirs, as in a failover */
async function openSession(url: string, isFirst: boolean): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tollgate liveness',
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
  });
  const lost = new AbortController();
  // The next query fails and opens a new session.
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  await client.connect();
  const { rows } = await client.query<{ upMs: number }>(
    'select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 as "upMs"',
  );
  const upMs = isFirst ? (rows[0]?.upMs ?? 0) : 0;
  const settledAt = performance.now() + settledAfterMs - upMs;
  return { client, vouchedFor: new Set(), settledAt, lost: lost.signal };
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

/** What is looked at in one beat. */
interface Beat {
  readonly living: ReadonlySet<string>;
  readonly suspects: ReadonlySet<string>;
  readonly holdings: readonly Holding[];
}

/** Gives up what those have who were dead at the last beat too. @returns those who are dead at this one */
async function releaseDead(
  { client }: Session,
  { living, suspects, holdings }: Beat,
  log: DatabaseLog,
): Promise<ReadonlySet<string>> {
  const dead = new Set<string>();
  for (const { name, holders, release } of holdings) {
    const { rows } = await client.query<{ id: string }>(holders);
    for (const { id } of rows.filter((row) => !living.has(row.id))) {
      const { rows: asked } = await client.query<{ isDead: boolean }>(
        'select pg_try_advisory_lock($1, hashtext($2)) as "isDead"',
        [livenessLock, id],
      );
      if (asked[0]?.isDead !== true) continue;
      dead.add(id);
      if (suspects.has(id)) await client.query(release, [id]);
      await client.query('select pg_advisory_unlock($1, hashtext($2))', [livenessLock, id]);
      if (suspects.has(id)) log.warn(`work: took over the ${name} of a process that died (${id})`);
    }
  }
  return dead;
}
