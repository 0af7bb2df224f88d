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

// One statement for what every step of every chain writes: a transaction of five would cost five times the way to the
// server. A run that was lost makes all of it nothing.
const RECORD = `
  WITH run AS (
    UPDATE saga_run SET step = $3, direction = $4, attempts = $5, refusals = $6, step_since = $7::timestamptz,
      failure = $8::jsonb, stuck_since = NULL, leased_until = clock_timestamp() + $9::int * interval '1 ms'
    WHERE id = $1 AND fence = $2 RETURNING id
  ), before AS (
    SELECT request.id, visible, requester_id, created_at FROM access_request AS request JOIN run USING (id)
    FOR UPDATE OF request
  ), written AS (
    UPDATE access_request AS request SET visible = TRUE, status = $10,
      escrow_account_id = coalesce($11, escrow_account_id), hold_id = coalesce($12, hold_id),
      invoice_id = coalesce($13, invoice_id), captured = captured OR $14::boolean,
      payer_group_id = coalesce($15, payer_group_id)
    FROM before WHERE request.id = before.id
  )
  INSERT INTO access_request_event (request_id, at, step, actor, result)
  SELECT id, created_at, intake, requester_id, 'OK' FROM before, unnest($16::text[]) AS intake WHERE NOT visible
  UNION ALL
  SELECT id, clock_timestamp(), $17, 'access', $18 FROM before`;

/**
 * Writes what a step of a request's chain came to: the run's state and lease, what became known, the request's status and
 * the line in its trail; the request can be seen from the first one on. @throws LeaseLost
 */
export async function recordStep(
  sql: SqlSession,
  lease: Lease,
  { state, record: { facts, event }, status, leaseMs }: Recorded,
): Promise<void> {
  const written = await sql.$executeRawUnsafe(
    RECORD,
    lease.id,
    lease.fence,
    state.step,
    state.direction,
    state.attempts,
    state.refusals,
    state.stepSince,
    state.failure === null ? null : refusalToJson(state.failure),
    leaseMs,
    status,
    facts.escrowAccountId ?? null,
    facts.holdId ?? null,
    facts.invoiceId ?? null,
    facts.captured ?? false,
    facts.payerGroupId ?? null,
    INTAKE_STEPS,
    event.step,
    event.result,
  );
  if (written === 0) throw new LeaseLost(lease.id);
}
