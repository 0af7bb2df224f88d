/** A time as a parameter: milliseconds since the epoch as text, '' for none. Years that no calendar writes are fine too. */
export const toTime = (time: Date | null): string => (time === null ? '' : String(time.getTime()));

/** Reads a parameter of toTime; NULL for ''. */
export const timeOf = (parameter: string): string =>
  `(timestamptz 'epoch' + nullif(${parameter}::text, '')::bigint * interval '1 millisecond')`;

/** The last position of the journal that was recorded before a time; 0 where there is none. */
export const positionBefore = (time: string): string => `coalesce((
    SELECT j.sequence FROM journal_entry j WHERE j.recorded_at < ${time}
    ORDER BY j.recorded_at DESC, j.sequence DESC LIMIT 1), 0)`;

/**
 * Which rows of an alias `j` are on one side of an account within positions (low, high]. To be read in `sideOrder`: the two
 * compare the account and the position as one pair, which only the index by account has in order. With an equality the
 * planner may walk the whole journal by position instead, as it does where it expects rows that the side does not have.
 */
export const onSide = (side: 'debit_id' | 'credit_id', account: string, low: string, high: string): string => `
    (j.${side}, j.sequence) > (${account}, ${low}) AND (j.${side}, j.sequence) <= (${account}, ${high})
    AND j.transfer_id IS NOT NULL`;

/** The order to read `onSide` in. */
export const sideOrder = (side: 'debit_id' | 'credit_id', order: 'ASC' | 'DESC'): string =>
  `j.${side} ${order}, j.sequence ${order}`;

/** What was posted on an account up to a position: the balance after its last row on either side. */
export const postedThrough = (account: string, position: string): string => `coalesce((
    SELECT side.balance FROM (
      (SELECT j.sequence, j.debit_balance_after AS balance FROM journal_entry j
       WHERE ${onSide('debit_id', account, '0', position)} ORDER BY ${sideOrder('debit_id', 'DESC')} LIMIT 1)
      UNION ALL
      (SELECT j.sequence, j.credit_balance_after FROM journal_entry j
       WHERE ${onSide('credit_id', account, '0', position)} ORDER BY ${sideOrder('credit_id', 'DESC')} LIMIT 1)) side
    ORDER BY side.sequence DESC LIMIT 1), 0)`;
