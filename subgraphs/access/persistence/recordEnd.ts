import { type AuditEntry, auditInsert, auditValues } from '../../../platform/audit/audit.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { RequestFacts, RequestSubject, StepRecord } from '../usecases/ports/sagas.js';
import { tasks } from '../usecases/ports/tasks.js';
import { type Lease, LeaseLost } from '../usecases/ports.js';
import { recording, stepValues } from './recordStep.js';
import { refusalToJson } from './refusalJson.js';

/** How a chain ended. */
interface Ended {
  readonly record: StepRecord<RequestFacts>;
  readonly status: AccessRequestStatus;
  /** Why it was undone; kept where the request FAILED, and told by itself where people decided. */
  readonly failure: Refusal | null;
}

/** A grant that begins. */
interface Begun {
  readonly subject: RequestSubject;
  readonly activatedAt: Date;
}

// $12 to $19 are the audit's.
const ENDS = `${recording(
  'DELETE FROM saga_run WHERE id = $1 AND fence = $2 RETURNING id',
  ', failure = $11::jsonb, ended_at = clock_timestamp()',
)}, audited AS (${auditInsert(12, 'FROM before')})`;

const ENDS_WITHOUT_GRANT = `${ENDS} SELECT 1 AS written FROM before`;

const ENDS_WITH_GRANT = `${ENDS}, granted AS (
    INSERT INTO access_grant (id, request_id, holder_id, offer_id, quantity_micros, price_micros, unit, paid_micros,
      starts_at, ends_at, escrow_account_id, activated_at)
    SELECT $20, before.id, $21, $22, $23::bigint, $24::bigint, $25, $26::bigint, $27::timestamptz, $28::timestamptz, $29,
      $30::timestamptz
    FROM before
  ), part AS (
    INSERT INTO grant_part (grant_id, number, quantity_micros, price_micros, starts_at, ends_at, paid_micros, activated_at)
    SELECT $20, 1, $23::bigint, $24::bigint, $27::timestamptz, $28::timestamptz, $26::bigint, $30::timestamptz FROM before
  )
  SELECT graphile_worker.add_job('${tasks.closeWindow}', json_build_object('grantId', $20::text),
    run_at => $28::timestamptz, job_key => 'closeWindow:' || $20) IS NOT NULL AS waits
  FROM before`;

/**
 * Writes the last step of a request's chain and its end, in one statement: the trail, the audit and, of one that completed,
 * the grant with its first part and the task at the end of its window.
 * @param begun null where it was undone
 * @throws LeaseLost
 */
export async function recordEnd(sql: SqlSession, lease: Lease, ended: Ended, begun: Begun | null): Promise<void> {
  const { failure, status } = ended;
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    begun === null ? ENDS_WITHOUT_GRANT : ENDS_WITH_GRANT,
    ...stepValues(lease, ended),
    failure === null || status !== 'FAILED' ? null : refusalToJson(failure),
    ...auditValues(entryOf(lease.id, failure)),
    ...(begun === null ? [] : grantValues(begun)),
  );
  if (rows.length === 0) throw new LeaseLost(lease.id);
}

const entryOf = (id: string, failure: Refusal | null): AuditEntry => ({
  actor: 'service:access',
  action: 'requestAccess.end',
  target: id,
  outcome: failure?.code ?? 'OK',
  requestId: id,
  clientIp: '',
});

function grantValues({ subject, activatedAt }: Begun): readonly unknown[] {
  const { quote, agreed, escrowAccountId } = subject;
  if (escrowAccountId === null) throw new Error('a completed chain knows its escrow');
  return [
    subject.grantId,
    subject.holderId,
    subject.offer.id,
    agreed.quantityMicros,
    quote.price.micros,
    quote.price.unit,
    agreed.totalMicros,
    quote.startsAt,
    quote.endsAt,
    escrowAccountId,
    activatedAt,
  ];
}
