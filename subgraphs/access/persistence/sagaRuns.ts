import { writeAudit } from '../../../platform/audit/audit.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Holding } from '../../../platform/work/liveness.js';
import type { SagaDirection, SagaState } from '../domain/saga.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Stuck } from '../usecases/ports/sagas.js';
import { tasks } from '../usecases/ports/tasks.js';
import { type Lease, LeaseLost, type SagaName, type SagaRuns } from '../usecases/ports.js';
import { refusalFromJson, refusalToJson } from './refusalJson.js';

// Lease times are the database's: the clocks of two replicas may differ, this one is the same for both.

interface SagaRunRow {
  readonly id: string;
  readonly step: string;
  readonly direction: string;
  readonly attempts: number;
  readonly refusals: number;
  readonly step_since: Date;
  readonly started_at: Date;
  readonly failure: unknown;
  readonly fence: bigint;
}

/** How a process has runs. */
export interface Tenure {
  /** The id that the process vouches for itself with, while it lives. */
  readonly runner: string;
  /** How long it has one without writing. */
  readonly leaseMs: number;
}

/** The sagas under way in the database. */
export const sagaRunsIn = (sql: SqlSession, { runner, leaseMs }: Tenure): SagaRuns => ({
  async begin({ id, saga, state, now }) {
    await sql.$executeRawUnsafe(
      `INSERT INTO saga_run (id, saga, step, direction, step_since, started_at, fence, runner, leased_until)
       VALUES ($1, $2, $3, $4, $5::timestamptz, $6::timestamptz, 1, $8, clock_timestamp() + $7::int * interval '1 ms')`,
      id,
      saga,
      state.step,
      state.direction,
      state.stepSince,
      now,
      leaseMs,
      runner,
    );
    return { id, fence: 1n };
  },
  free: (id, saga, now) => freeWaiting(sql, saga, id, now),
  async freeWaitingForJobs(id) {
    const freed = await sql.$executeRawUnsafe(
      `UPDATE saga_run AS run SET fence = fence + 1, runner = NULL, leased_until = to_timestamp(0), attempts = 0
       WHERE id = $1 AND saga = 'endGrant' AND step = 'closeResource'
         AND EXISTS (SELECT FROM access_grant AS ending WHERE ending.id = run.id AND ending.wait_for_jobs)`,
      id,
    );
    if (freed === 0) return false;
    await enqueueResume(sql, 'endGrant', id, new Date());
    return true;
  },
  drop: (lease) => endRun(sql, lease),
  async isInHand(id) {
    const rows = await sql.$queryRawUnsafe<unknown[]>(
      'SELECT 1 FROM saga_run WHERE id = $1 AND leased_until > to_timestamp(0)',
      id,
    );
    return rows.length > 0;
  },
});

/** Takes a run that waits for people from whoever has it, for anybody to go on with at once; its time begins anew. */
export async function freeWaiting(sql: SqlSession, saga: SagaName, id: string, now: Date): Promise<void> {
  const freed = await sql.$executeRawUnsafe(
    `UPDATE saga_run SET fence = fence + 1, runner = NULL, leased_until = to_timestamp(0), started_at = $2::timestamptz, step_since = $2::timestamptz
     WHERE id = $1 AND step = 'review' AND direction = 'FORWARD'`,
    id,
    now,
  );
  if (freed === 0) throw new Error('what is in review has a chain that waits');
  await enqueueResume(sql, saga, id, new Date());
}

/** A run as a new runner finds it. */
interface ClaimedRun extends Lease {
  readonly state: SagaState;
  readonly startedAt: Date;
}

/** Takes a run over; null where another runner has it, whose end or silence others look for, or where it has ended. */
export async function claimRun(
  sql: SqlSession,
  saga: SagaName,
  id: string,
  tenure: Tenure,
): Promise<ClaimedRun | null> {
  const [claimed] = await claim(sql, saga, tenure, {
    where: 'id = $4 AND leased_until <= clock_timestamp()',
    values: [id],
  });
  return claimed ?? null;
}

/** Whether any runner has died or has let its lease end. */
export async function hasLeftRuns(sql: SqlSession): Promise<boolean> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    'SELECT 1 FROM saga_run WHERE runner IS NOT NULL AND leased_until <= clock_timestamp() LIMIT 1',
  );
  return rows.length > 0;
}

/** Takes over so many runs whose runner has died or has let its lease end; those that wait in the queue are not among them. */
export const claimLeftRuns = (
  sql: SqlSession,
  saga: SagaName,
  limit: number,
  tenure: Tenure,
): Promise<readonly ClaimedRun[]> =>
  claim(sql, saga, tenure, {
    where: `id IN (SELECT id FROM saga_run WHERE saga = $1 AND runner IS NOT NULL AND leased_until <= clock_timestamp()
                   ORDER BY leased_until LIMIT $4 FOR UPDATE SKIP LOCKED)`,
    values: [limit],
  });

async function claim(
  sql: SqlSession,
  saga: SagaName,
  { runner, leaseMs }: Tenure,
  which: { readonly where: string; readonly values: readonly unknown[] },
): Promise<readonly ClaimedRun[]> {
  const rows = await sql.$queryRawUnsafe<SagaRunRow[]>(
    `UPDATE saga_run SET fence = fence + 1, runner = $2, leased_until = clock_timestamp() + $3::int * interval '1 ms'
     WHERE saga = $1 AND ${which.where}
     RETURNING id, step, direction, attempts, refusals, step_since, started_at, failure, fence`,
    saga,
    runner,
    leaseMs,
    ...which.values,
  );
  return rows.map(toClaimed);
}

/** A claimed run with what it works on. */
export function withSubject<Subject>(
  run: ClaimedRun,
  subjects: ReadonlyMap<string, Subject>,
): ClaimedRun & { subject: Subject } {
  const subject = subjects.get(run.id);
  if (subject === undefined) throw new Error(`nothing is known of what ${run.id} works on`);
  return { ...run, subject };
}

/** What a process has of runs. Those of a dead one are taken up by whoever is told first. */
export const leasedRuns: Holding = {
  name: 'sagas',
  holders: 'SELECT DISTINCT runner AS id FROM saga_run WHERE runner IS NOT NULL AND leased_until > clock_timestamp()',
  release: `WITH freed AS (
      UPDATE saga_run SET leased_until = clock_timestamp() WHERE runner = $1 AND leased_until > clock_timestamp() RETURNING id
    )
    SELECT graphile_worker.add_job('${tasks.takeUpLeft}', '{}'::json, job_key => '${tasks.takeUpLeft}')
    WHERE EXISTS (SELECT FROM freed)`,
};

const toClaimed = (row: SagaRunRow): ClaimedRun => ({
  id: row.id,
  fence: row.fence,
  startedAt: row.started_at,
  state: {
    // Checked by the table.
    direction: row.direction as SagaDirection,
    step: row.step,
    attempts: row.attempts,
    refusals: row.refusals,
    stepSince: row.step_since,
    failure: row.failure === null ? null : refusalFromJson(row.failure),
  },
});

/**
 * Writes a run's state and takes the lease anew; for 0 ms it is given back, which an end in 1970 tells. A run that is
 * stuck says so, for the metric; the audit is told when it begins, so it must be written in a transaction then.
 * @throws LeaseLost
 */
export async function writeRun(
  sql: SqlSession,
  lease: Lease,
  state: SagaState,
  { leaseMs, stuck = null }: { readonly leaseMs: number; readonly stuck?: Stuck | null },
): Promise<void> {
  const isNew = stuck !== null && (await isGoing(sql, lease));
  const written = await sql.$executeRawUnsafe(
    `UPDATE saga_run SET step = $3, direction = $4, attempts = $5, refusals = $6, step_since = $7::timestamptz,
       failure = $8::jsonb, stuck_since = CASE
         WHEN $10::boolean THEN coalesce(stuck_since, clock_timestamp())
         -- Handed over as it stands: nothing has come to its end by that.
         WHEN step = $3 AND direction = $4 AND attempts = $5 THEN stuck_since
       END,
       runner = CASE $9::int WHEN 0 THEN NULL ELSE runner END,
       leased_until = CASE $9::int WHEN 0 THEN to_timestamp(0) ELSE clock_timestamp() + $9::int * interval '1 ms' END
     WHERE id = $1 AND fence = $2`,
    lease.id,
    lease.fence,
    state.step,
    state.direction,
    state.attempts,
    state.refusals,
    state.stepSince,
    state.failure === null ? null : refusalToJson(state.failure),
    leaseMs,
    stuck !== null,
  );
  if (written === 0) throw new LeaseLost(lease.id);
  if (isNew) await auditStuck(sql, lease.id, stuck);
}

/** Writes a try that had no answer: with the audit in one transaction where it is an alarm, else in one statement. */
export const writeTry = (
  prisma: PrismaClient,
  lease: Lease,
  state: SagaState,
  options: { readonly leaseMs: number; readonly stuck: Stuck | null },
): Promise<void> =>
  options.stuck !== null
    ? transactionally(prisma, (tx: Prisma.TransactionClient) => writeRun(tx, lease, state, options))
    : writeRun(prisma, lease, state, options);

/** Whether a run was not stuck until now. */
async function isGoing(sql: SqlSession, { id, fence }: Lease): Promise<boolean> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    'SELECT 1 FROM saga_run WHERE id = $1 AND fence = $2 AND stuck_since IS NULL FOR UPDATE',
    id,
    fence,
  );
  return rows.length > 0;
}

const auditStuck = (sql: SqlSession, target: string, { call, outcome }: Stuck): Promise<void> =>
  writeAudit(sql, {
    actor: 'service:access',
    action: `stuck.${call}`,
    target,
    outcome,
    requestId: target,
    clientIp: '',
  });

/** How many sagas are under way, and how many of them are stuck, by their names. */
export const countSagas = (sql: SqlSession): Promise<readonly SagaCount[]> =>
  sql.$queryRawUnsafe<SagaCount[]>(
    'SELECT saga, count(*)::int AS open, count(stuck_since)::int AS stuck FROM saga_run GROUP BY saga',
  );

/** The sagas of one name. */
export interface SagaCount {
  readonly saga: SagaName;
  readonly open: number;
  readonly stuck: number;
}

/** Ends a run. A task that still waits to take it up finds nothing. @throws LeaseLost */
export async function endRun(sql: SqlSession, lease: Lease): Promise<void> {
  const ended = await sql.$executeRawUnsafe('DELETE FROM saga_run WHERE id = $1 AND fence = $2', lease.id, lease.fence);
  if (ended === 0) throw new LeaseLost(lease.id);
}

/** Sees to it that somebody takes a run up; at most one such task waits for each run. */
export async function enqueueResume(sql: SqlSession, saga: SagaName, id: string, runAt: Date): Promise<void> {
  await enqueue(sql, tasks.resumeSaga, { saga, id }, { runAt, jobKey: `saga:${id}` });
}
