import type { SqlSession } from '../../../platform/database/sql.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { SagaDirection, SagaState } from '../domain/saga.js';
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

/** Takes a run over, unless another runner has it: then until when, or null where it has ended. */
export async function claimRun(
  sql: SqlSession,
  id: string,
  leaseMs: number,
): Promise<ClaimedRun | { readonly busyUntil: Date } | null> {
  const [row] = await sql.$queryRawUnsafe<SagaRunRow[]>(
    `UPDATE saga_run SET fence = fence + 1, leased_until = clock_timestamp() + $2::int * interval '1 ms'
     WHERE id = $1 AND leased_until <= clock_timestamp()
     RETURNING step, direction, attempts, refusals, step_since, started_at, failure, fence`,
    id,
    leaseMs,
  );
  if (row !== undefined) return toClaimed(id, row);
  const [busy] = await sql.$queryRawUnsafe<{ leased_until: Date }[]>(
    'SELECT leased_until FROM saga_run WHERE id = $1',
    id,
  );
  return busy === undefined ? null : { busyUntil: busy.leased_until };
}

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

/** Writes a run's state and takes the lease anew; for 0 ms it is given back, which an end in 1970 tells. @throws LeaseLost */
export async function writeRun(sql: SqlSession, lease: Lease, state: SagaState, leaseMs: number): Promise<void> {
  const written = await sql.$executeRawUnsafe(
    `UPDATE saga_run SET step = $3, direction = $4, attempts = $5, refusals = $6, step_since = $7::timestamptz,
       failure = $8::jsonb,
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
  );
  if (written === 0) throw new LeaseLost(lease.id);
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
