import type { SqlSession } from '../../../platform/database/sql.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { SagaState } from '../domain/saga.js';
import type { RequestFacts, StepRecord } from '../usecases/ports/sagas.js';
import { type Lease, LeaseLost } from '../usecases/ports.js';
import { INTAKE_STEPS } from './accessRequests.js';
import { refusalToJson } from './refusalJson.js';

/** What follows from a step. */
interface Recorded {
  readonly state: SagaState;
  readonly record: StepRecord<RequestFacts>;
  readonly status: AccessRequestStatus;
  readonly leaseMs: number;
}

/**
 * The parts of one statement for all that a step writes: a transaction of five would cost five times the way to the server.
 * A run that was lost makes all of it nothing. $1 to $10 are `stepValues`.
 * @param run what becomes of the run, as a part that gives its id
 * @param end what is written into the request besides
 */
export const recording = (run: string, end: string): string => `
  WITH run AS (${run}), before AS (
    SELECT request.id, visible, requester_id, created_at FROM access_request AS request JOIN run USING (id)
    FOR UPDATE OF request
  ), written AS (
    UPDATE access_request AS request SET visible = TRUE, status = $3,
      escrow_account_id = coalesce($4, escrow_account_id), hold_id = coalesce($5, hold_id),
      invoice_id = coalesce($6, invoice_id), captured = captured OR $7::boolean,
      payer_group_id = coalesce($8, payer_group_id) ${end}
    FROM before WHERE request.id = before.id
  ), told AS (
    INSERT INTO access_request_event (request_id, at, step, actor, result)
    SELECT id, created_at, intake, requester_id, 'OK' FROM before, unnest('{${INTAKE_STEPS.join()}}'::text[]) AS intake
    WHERE NOT visible
    UNION ALL
    SELECT id, clock_timestamp(), $9, 'access', $10 FROM before
  )`;

/** The first ten parameters of a statement of `recording`. */
export const stepValues = (
  { id, fence }: Lease,
  { record: { facts, event }, status }: Pick<Recorded, 'record' | 'status'>,
): readonly unknown[] => [
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
];

const GOES_ON = `${recording(
  `UPDATE saga_run SET step = $11, direction = $12, attempts = $13, refusals = $14, step_since = $15::timestamptz,
     failure = $16::jsonb, stuck_since = NULL, leased_until = clock_timestamp() + $17::int * interval '1 ms'
   WHERE id = $1 AND fence = $2 RETURNING id`,
  '',
)} SELECT 1 AS written FROM before`;

/**
 * Writes what a step of a request's chain came to: the run's state and lease, what became known, the request's status and
 * the line in its trail; the request can be seen from the first one on. @throws LeaseLost
 */
export async function recordStep(
  sql: SqlSession,
  lease: Lease,
  { state, leaseMs, ...written }: Recorded,
): Promise<void> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    GOES_ON,
    ...stepValues(lease, written),
    state.step,
    state.direction,
    state.attempts,
    state.refusals,
    state.stepSince,
    state.failure === null ? null : refusalToJson(state.failure),
    leaseMs,
  );
  if (rows.length === 0) throw new LeaseLost(lease.id);
}
