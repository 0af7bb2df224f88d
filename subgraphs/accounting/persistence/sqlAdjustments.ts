import type { SqlSession } from '../../../platform/database/sql.js';
import type { Adjustment, AdjustmentKind, AdjustmentStatus } from '../domain/adjustment.js';
import type { Adjustments } from '../usecases/ports/adjustments.js';
import { byKey, plausible } from './found.js';
import { callFunction, repeatedly } from './sqlLedger.js';
import { toResult } from './verdict.js';

interface AdjustmentRow {
  readonly id: string;
  readonly kind: AdjustmentKind;
  readonly status: AdjustmentStatus;
  readonly debitId: string;
  readonly creditId: string | null;
  readonly unit: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly proposedById: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly decidedById: string | null;
  readonly decidedAt: Date | null;
  readonly rejection: string | null;
  readonly transferId: string | null;
  readonly waived: bigint;
}

/** Adjustments in PostgreSQL, whose clock decides what has expired, as it does when they are approved. */
export function makeSqlAdjustments(sql: SqlSession): Adjustments {
  const call = async (
    name: string,
    made: Parameters<typeof callFunction>[2],
    input: object,
    refusal?: Parameters<typeof callFunction>[4],
  ) => toResult(await repeatedly(() => callFunction(sql, name, made, input, refusal)));
  return {
    propose(made, adjustmentId, terms) {
      if (!terms.ok) return call('propose_adjustment', made, {}, terms.refusal);
      const { amount, expiresInSeconds, ...rest } = terms.value;
      return call('propose_adjustment', made, {
        ...rest,
        adjustmentId,
        unit: amount.unit,
        amount: amount.micros.toString(),
        expiresIn: expiresInSeconds,
      });
    },
    approve: (made, approval) => call('approve_adjustment', made, approval),
    reject: (act, adjustmentId, reason) =>
      reason.ok
        ? call('reject_adjustment', act, { adjustmentId, reason: reason.value })
        : call('reject_adjustment', act, { adjustmentId }, reason.refusal),
    async byIds(ids) {
      const rows = await sql.$queryRawUnsafe<AdjustmentRow[]>(
        `${SELECT} WHERE j.id = ANY ($1::text[])`,
        plausible('adjustment', ids),
      );
      return byKey(rows.map(toAdjustment), ({ id }) => id);
    },
    async page(status, { first, after }) {
      const rows = await sql.$queryRawUnsafe<AdjustmentRow[]>(
        `${SELECT} WHERE ($1::text IS NULL OR ${STATUS} = $1::text) AND ($2::text IS NULL OR j.id < $2::text)
         ORDER BY j.id DESC LIMIT $3::int`,
        status,
        after?.[0] ?? null,
        first + 1,
      );
      return rows.map(toAdjustment);
    },
  };
}

const STATUS = `CASE WHEN j.status = 'PROPOSED' AND j.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE j.status END`;

const SELECT = `
  SELECT j.id, j.kind, ${STATUS} AS status, j.debit_id AS "debitId", j.credit_id AS "creditId", j.unit, j.amount, j.reason,
         j.proposed_by AS "proposedById", j.proposed_at AS "proposedAt", j.expires_at AS "expiresAt",
         j.decided_by AS "decidedById", j.decided_at AS "decidedAt", j.decision AS rejection, j.transfer_id AS "transferId",
         j.waived
  FROM adjustment j`;

const toAdjustment = ({ unit, amount, waived, ...row }: AdjustmentRow): Adjustment => ({
  ...row,
  amount: { micros: amount, unit },
  waived: row.kind === 'WAIVER' && row.status === 'APPROVED' ? { micros: waived, unit } : null,
});
