import { writeAudit } from '../../../platform/audit/audit.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { SagaDirection, SagaState } from '../domain/saga.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Stuck } from '../usecases/ports/sagas.js';
import { tasks } from '../usecases/ports/tasks.js';
import { type Lease, LeaseLost, type SagaName, type SagaRuns } from '../usecases/ports.js';
import { refusalFromJson, refusalToJson } from './refusalJson.js';

// Lease times are the database's: the clocks of two replicas may differ, this one is the same for both.

interface SagaRunRow {
  readonly step: string;
  readonly direction: string;
  readonly attempts: number;
  readonly refusals: number;
  readonly step_since: Date;
  readonly started_at: Date;
  readonly failure: unknown;
  readonly fence: bigint;
  readonly leased_until: Date;
}

/** The sagas under way in the database. @param leaseMs how long a runner has one without writing */
export const sagaRunsIn = (sql: SqlSession, leaseMs: number): SagaRuns => ({
  async begin({ id, saga, state, now }) {
    const [row] = await sql.$queryRawUnsafe<{ leased_until: Date }[]>(
      `INSERT INTO saga_run (id, saga, step, direction, step_since, started_at, fence, leased_until)
       VALUES ($1, $2, $3, $4, $5::timestamptz, $6::timestamptz, 1, clock_timestamp() + $7::int * interval '1 ms')
       RETURNING leased_until`,
      id,
      saga,
      state.step,
      state.direction,
      state.stepSince,
      now,
      leaseMs,
    );
    if (row === undefined) throw new Error('a begun saga was not kept');
    await enqueueResume(sql, saga, id, row.leased_until);
    return { id, fence: 1n };
  },
  async free(id, saga, now) {
    const freed = await sql.$executeRawUnsafe(
      `UPDATE saga_run SET fence = fence + 1, leased_until = to_timestamp(0), started_at = $2::timestamptz, step_since = $2::timestamptz
       WHERE id = $1 AND step = 'review' AND direction = 'FORWARD'`,
      id,
      now,
    );
    if (freed === 0) throw new Error('a request that is in review has a chain that waits');
    await enqueueResume(sql, saga, id, new Date());
  },
  async freeWaitingForJobs(id) {
    const freed = await sql.$executeRawUnsafe(
      `UPDATE saga_run AS run SET fence = fence + 1, leased_until = to_timestamp(0), attempts = 0
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

/** A run as a new runner finds it. */
interface ClaimedRun extends Lease {
  readonly state: SagaState;
  readonly startedAt: Date;
}

/**
 * Takes a run over, unless another runner has it: then until when, or null where it has ended. Somebody else is to look
 * when the lease ends: a runner that is stopped, and not dead, keeps its task of the queue, and nobody else would come.
 */
export const claimRun = (
  prisma: PrismaClient,
  saga: SagaName,
  id: string,
  leaseMs: number,
): Promise<ClaimedRun | { readonly busyUntil: Date } | null> =>
  transactionally(prisma, async (sql: Prisma.TransactionClient) => {
    const [row] = await sql.$queryRawUnsafe<SagaRunRow[]>(
      `UPDATE saga_run SET fence = fence + 1, leased_until = clock_timestamp() + $2::int * interval '1 ms'
       WHERE id = $1 AND leased_until <= clock_timestamp()
       RETURNING step, direction, attempts, refusals, step_since, started_at, failure, fence, leased_until`,
      id,
      leaseMs,
    );
    if (row !== undefined) {
      await enqueueResume(sql, saga, id, row.leased_until);
      return toClaimed(id, row);
    }
    const [busy] = await sql.$queryRawUnsafe<{ leased_until: Date }[]>(
      'SELECT leased_until FROM saga_run WHERE id = $1',
      id,
    );
    return busy === undefined ? null : { busyUntil: busy.leased_until };
  });

const toClaimed = (id: string, row: SagaRunRow): ClaimedRun => ({
  id,
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

/** Ends a run. @throws LeaseLost */
export async function endRun(sql: SqlSession, lease: Lease): Promise<void> {
  const ended = await sql.$executeRawUnsafe('DELETE FROM saga_run WHERE id = $1 AND fence = $2', lease.id, lease.fence);
  if (ended === 0) throw new LeaseLost(lease.id);
}

/** Sees to it that somebody takes a run up; at most one such task waits for each run. */
export async function enqueueResume(sql: SqlSession, saga: SagaName, id: string, runAt: Date): Promise<void> {
  await enqueue(sql, tasks.resumeSaga, { saga, id }, { runAt, jobKey: `saga:${id}` });
}
