import type { SqlSession } from '../../../platform/database/sql.js';
import type { Statement, TimeWindow } from '../domain/statement.js';
import { byKey } from './found.js';
import { positionBefore, postedThrough, timeOf, toTime } from './timeSql.js';

interface Row {
  readonly id: string;
  readonly unit: string;
  readonly after: bigint;
  readonly through: bigint;
  readonly opening: bigint;
  readonly closing: bigint;
}

/** For each account the balances at either end of a window. One statement, so one snapshot. */
export async function readStatements(
  sql: SqlSession,
  accountIds: readonly string[],
  window: TimeWindow,
): Promise<ReadonlyMap<string, Statement>> {
  const rows = await sql.$queryRawUnsafe<Row[]>(STATEMENTS, [...accountIds], toTime(window.from), toTime(window.to));
  const statements = rows.map(
    ({ id, unit, after, through, opening, closing }): Statement => ({
      accountId: id,
      window,
      span: { after, through },
      opening: { micros: opening, unit },
      closing: { micros: closing, unit },
    }),
  );
  return byKey(statements, ({ accountId }) => accountId);
}

// An open end is the journal's end in this snapshot, so that what is recorded later is in no later page either.
const STATEMENTS = `
  WITH span AS (
    SELECT CASE WHEN $2::text = '' THEN 0 ELSE ${positionBefore(timeOf('$2'))} END AS low,
           CASE WHEN $3::text = '' THEN coalesce((SELECT max(sequence) FROM journal_entry), 0)
                ELSE ${positionBefore(timeOf('$3'))} END AS high
  )
  SELECT a.id, a.unit, span.low AS after, span.high AS through,
         ${postedThrough('a.id', '(SELECT low FROM span)')} AS opening,
         ${postedThrough('a.id', '(SELECT high FROM span)')} AS closing
  FROM account a, span WHERE a.id = ANY ($1::text[])`;
