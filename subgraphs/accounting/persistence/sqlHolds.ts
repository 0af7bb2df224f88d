import type { SqlSession } from '../../../platform/database/sql.js';
import type { Hold, HoldStatus } from '../domain/hold.js';
import type { Holds } from '../usecases/ports.js';
import { byKey, groupBy, plausible } from './found.js';

interface HoldRow {
  readonly id: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly unit: string;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly status: HoldStatus;
  readonly placedBy: string;
  readonly expiresAt: Date;
}

/** Holds in PostgreSQL, whose clock decides what has expired, as it does when postings are judged. */
export function makeSqlHolds(sql: SqlSession): Holds {
  return {
    async byIds(ids) {
      const rows = await sql.$queryRawUnsafe<HoldRow[]>(
        `${select('hold h')} WHERE h.id = ANY ($1::text[])`,
        plausible('hold', ids),
      );
      return byKey(rows.map(toHold), ({ id }) => id);
    },
    async onAccounts(accountIds, status, { first, after }) {
      const rows = await sql.$queryRawUnsafe<HoldRow[]>(
        ON_ACCOUNTS,
        [...accountIds],
        status ?? '',
        after?.[0] ?? '',
        first + 1,
      );
      return groupBy(rows, ({ debitId }) => debitId, toHold);
    },
  };
}

const STATUS = `CASE WHEN h.status = 'OPEN' AND h.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE h.status END`;

const select = (from: string): string => `
  SELECT h.id, h.debit_id AS "debitId", h.credit_id AS "creditId", h.unit, h.amount, h.captured, ${STATUS} AS status,
         h.placed_by AS "placedBy", h.expires_at AS "expiresAt"
  FROM ${from}`;

const ON_ACCOUNTS = `
  ${select(`unnest($1::text[]) AS account(id) CROSS JOIN LATERAL (
    SELECT h.* FROM hold h
    WHERE h.debit_id = account.id AND ($2::text = '' OR ${STATUS} = $2::text) AND ($3::text = '' OR h.id < $3::text)
    ORDER BY h.id DESC LIMIT $4::int) h`)}
  ORDER BY h.id DESC`;

const toHold = (row: HoldRow): Hold => ({
  id: row.id,
  debitId: row.debitId,
  creditId: row.creditId,
  status: row.status,
  amount: { micros: row.amount, unit: row.unit },
  captured: { micros: row.captured, unit: row.unit },
  placedBy: row.placedBy,
  expiresAt: row.expiresAt,
});
