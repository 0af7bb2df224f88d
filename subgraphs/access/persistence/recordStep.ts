import type { SqlSession } from '../../../platform/database/sql.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { dequeue } from '../../../platform/work/enqueue.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { SagaState } from '../domain/saga.js';
import type { RequestFacts, StepRecord } from '../usecases/ports/sagas.js';
import { type Lease, LeaseLost } from '../usecases/ports.js';
import { INTAKE_STEPS } from './accessRequests.js';
import { refusalToJson } from './refusalJson.js';
import { lookAt } from './sagaRuns.js';

/** What follows from a step. */
interface Recorded {
  readonly state: SagaState;
  readonly record: StepRecord<RequestFacts>;
  readonly status: AccessRequestStatus;
  readonly leaseMs: number;
}

/** How a chain ended. */
interface Ended {
  readonly record: StepRecord<RequestFacts>;
  readonly status: AccessRequestStatus;
  /** Kept where the request FAILED. */
  readonly failure: Refusal | null;
}

/**
 * The text of one statement for all that a step writes: a transaction of five would cost five times the way to the server.
 * A run that was lost makes all of it nothing. $1 to $10 are the same in both.
 * @param run what becomes of the run, as a part that gives its id
 * @param end what is written into the request besides
 */
const recording = (run: string, end: string): string => `
  WITH run AS (${run}), before AS (
    SELECT request.id, visible, requester_id, created_at FROM access_request AS request JOIN run USING (id)
    FOR UPDATE OF request
  ), written AS (
    UPDATE access_request AS request SET visible = TRUE, status = $3,
      escrow_account_id = coalesce($4, escrow_account_id), hold_id = coalesce($5, hold_id),
      invoice_id = coalesce($6, invoice_id), captured = captured OR $7::boolean,
      payer_group_id = coalesce($8, payer_group_id) ${end}
    FROM before WHERE request.id = before.id
  )
  INSERT INTO access_request_event (request_id, at, step, actor, result)
  SELECT id, created_at, intake, requester_id, 'OK' FROM before, unnest('{${INTAKE_STEPS.join()}}'::text[]) AS intake
  WHERE NOT visible
  UNION ALL
  SELECT id, clock_timestamp(), $9, 'access', $10 FROM before`;

const GOES_ON = recording(
  `UPDATE saga_run SET step = $11, direction = $12, attempts = $13, refusals = $14, step_since = $15::timestamptz,
     failure = $16::jsonb, stuck_since = NULL, leased_until = clock_timestamp() + $17::int * interval '1 ms'
   WHERE id = $1 AND fence = $2 RETURNING id`,
  '',
);
const ENDS = recording(
  'DELETE FROM saga_run WHERE id = $1 AND fence = $2 RETURNING id',
  ', failure = $11::jsonb, ended_at = clock_timestamp()',
);

/**
 * Writes what a step of a request's chain came to: the run's state and lease, what became known, the request's status and
 * the line in its trail; the request can be seen from the first one on. @throws LeaseLost
 */
export const recordStep = (
  sql: SqlSession,
  lease: Lease,
  { state, record, status, leaseMs }: Recorded,
): Promise<void> =>
  write(sql, GOES_ON, lease, { record, status }, [
    state.step,
    state.direction,
    state.attempts,
    state.refusals,
    state.stepSince,
    state.failure === null ? null : refusalToJson(state.failure),
    leaseMs,
  ]);

/** Writes the last step of a request's chain, and its end; nobody has to look at the run any more. @throws LeaseLost */
export async function recordEnd(sql: SqlSession, lease: Lease, { record, status, failure }: Ended): Promise<void> {
  await write(sql, ENDS, lease, { record, status }, [failure === null ? null : refusalToJson(failure)]);
  await dequeue(sql, lookAt(lease.id));
}

async function write(
  sql: SqlSession,
  text: string,
  { id, fence }: Lease,
  { record: { facts, event }, status }: Pick<Recorded, 'record' | 'status'>,
  more: readonly unknown[],
): Promise<void> {
  const written = await sql.$executeRawUnsafe(
    text,
    id,
    fence,
    status,
    facts.escrowAccountId ?? null,
    facts.holdId ?? null,
    facts.invoiceId ?? null,
    facts.captured ?? false,
    facts.payerGroupId ?? null,
    event.step,
    event.result,
    ...more,
  );
  if (written === 0) throw new LeaseLost(id);
}
