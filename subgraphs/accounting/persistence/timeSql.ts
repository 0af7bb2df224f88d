/** A time as a parameter: milliseconds since the epoch as text, '' for none. Years that no calendar writes are fine too. */
export const toTime = (time: Date | null): string => (time === null ? '' : String(time.getTime()));

/** Reads a parameter of toTime; NULL for ''. */
export const timeOf = (parameter: string): string =>
  `(timestamptz 'epoch' + nullif(${parameter}::text, '')::bigint * interval '1 millisecond')`;

/** The last position of the journal that was recorded before a time; 0 where there is none. */
export const positionBefore = (time: string): string => `coalesce((
    SELECT j.sequence FROM journal_entry j WHERE j.recorded_at < ${time}
    ORDER BY j.recorded_at DESC, j.sequence DESC LIMIT 1), 0)`;

/** What was posted on an account up to a position: the balance after its last row on either side. */
export const postedThrough = (account: string, position: string): string => `coalesce((
    SELECT side.balance FROM (
      (SELECT j.sequence, j.debit_balance_after AS balance FROM journal_entry j
       WHERE j.debit_id = ${account} AND j.transfer_id IS NOT NULL AND j.sequence <= ${position}
       ORDER BY j.sequence DESC LIMIT 1)
      UNION ALL
      (SELECT j.sequence, j.credit_balance_after FROM journal_entry j
       WHERE j.credit_id = ${account} AND j.transfer_id IS NOT NULL AND j.sequence <= ${position}
       ORDER BY j.sequence DESC LIMIT 1)) side
    ORDER BY side.sequence DESC LIMIT 1), 0)`;
