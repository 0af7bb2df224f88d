import { positionBefore, postedThrough, timeOf } from './timeSql.js';

/** What rows that count from another time than they were recorded change until a time: days before its own, then its own. */
const shift = (account: string): string => `
  coalesce((SELECT sum(d.shift) FROM effective_day d WHERE d.account_id = ${account} AND d.day < (SELECT today::date FROM point)), 0)
  ${[
    ['-', 'debit_id', 'effective_at'],
    ['+', 'debit_id', 'recorded_at'],
    ['+', 'credit_id', 'effective_at'],
    ['-', 'credit_id', 'recorded_at'],
  ]
    .map(
      ([sign, side, time]) => `
  ${sign} coalesce((SELECT sum(j.amount) FROM journal_entry j
      WHERE j.${side} = ${account} AND j.transfer_id IS NOT NULL AND j.effective_at <> j.recorded_at
        AND j.${time} >= (SELECT today FROM point) AT TIME ZONE 'UTC' AND j.${time} < (SELECT until FROM point)), 0)`,
    )
    .join('')}`;

/**
 * What holds reserved at a time: of each that was placed before it and whose time ran out after it, what the journal says
 * until then. A hold that is extended was not yet past its time, so that its present end is the right one for every time.
 */
const reserved = (side: 'debit_id' | 'credit_id'): string => `
  coalesce((
    SELECT sum(kept.amount) FROM hold h CROSS JOIN LATERAL (
      SELECT sum(CASE WHEN j.transfer_id IS NOT NULL THEN -j.amount - j.released
                      WHEN j.kind IN ('HOLD_RELEASED', 'HOLD_EXPIRED') THEN -j.amount ELSE j.amount END) AS amount
      FROM journal_entry j WHERE j.hold_id = h.id AND j.sequence <= (SELECT position FROM point)
      -- Hold by hold, each by its index, also where the planner would rather read the index from end to end.
      OFFSET 0) kept
    WHERE h.${side} = a.id AND h.status IN ('OPEN', 'CAPTURED', 'RELEASED', 'EXPIRED')
      AND h.expires_at >= (SELECT until FROM point) AND h.placed_at < (SELECT until FROM point)), 0)::bigint`;

/**
 * Accounts' sums as of a time. $1: ids, $2: the time, $3: RECORDED or EFFECTIVE. The overdraft limit is the present one: it
 * is no part of the journal.
 */
export const SUMS_AT = `
  WITH point AS (
    SELECT until, (date_trunc('day', (until - interval '1 millisecond') AT TIME ZONE 'UTC')) AS today,
           ${positionBefore('until')} AS position
    FROM (SELECT ${timeOf('$2')} + interval '1 millisecond' AS until) AS wished
  )
  SELECT a.id, a.unit, a.overdraft_limit AS "overdraftLimit",
         (${postedThrough('a.id', '(SELECT position FROM point)')}
          + CASE WHEN $3::text = 'EFFECTIVE' THEN ${shift('a.id')} ELSE 0 END)::bigint AS posted,
         ${reserved('debit_id')} AS held, ${reserved('credit_id')} AS incoming
  FROM account a WHERE a.id = ANY ($1::text[])`;
