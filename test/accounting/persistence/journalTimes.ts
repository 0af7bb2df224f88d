import type pg from 'pg';
import { newId } from '../../../platform/kernel/ids.js';
import { units } from '../ledgerBench.js';

/** A transfer to write past the posting function, with times of the test's choice. */
interface TimedTransfer {
  readonly debit: string;
  readonly credit: string;
  readonly amount: number;
  readonly recorded: Date;
  readonly effective: Date;
}

/**
 * Appends a transfer as the owner of the database: the way to rows that the posting function would write on another day.
 * The recorded times of the whole journal must go on growing for whatever is read by time afterwards.
 */
export async function backdate(owner: pg.Client, row: TimedTransfer): Promise<void> {
  await owner.query('BEGIN');
  await owner.query(
    `UPDATE account SET overdraft_limit = 1000000000000, posted = posted + CASE WHEN id = $1 THEN -$3::bigint ELSE $3 END
     WHERE id IN ($1, $2)`,
    [row.debit, row.credit, units(row.amount)],
  );
  await owner.query(
    `WITH next AS (
       SELECT g.sequence + 1 AS sequence, g.entry_hash AS before, d.posted AS debit_after, c.posted AS credit_after
       FROM chain_head g, account d, account c WHERE d.id = $2 AND c.id = $3
     ), hashed AS (
       SELECT next.*, sha256(before || convert_to(json_build_array(
         next.sequence::text, 'TRANSFER', $1::text, NULL::text, $2::text, $3::text, 'CREDIT', $4::bigint::text, '0', 'Test',
         'test', NULL::text, debit_after::text, credit_after::text, (extract(epoch FROM $5::timestamptz) * 1000000)::bigint::text,
         (extract(epoch FROM $6::timestamptz) * 1000000)::bigint::text)::text, 'UTF8')) AS entry_hash FROM next
     ), advanced AS (
       UPDATE chain_head SET sequence = h.sequence, entry_hash = h.entry_hash FROM hashed h
     )
     INSERT INTO journal_entry (sequence, kind, transfer_id, debit_id, credit_id, unit, amount, released, description, actor,
       debit_balance_after, credit_balance_after, recorded_at, effective_at, entry_hash)
     SELECT sequence, 'TRANSFER', $1, $2, $3, 'CREDIT', $4, 0, 'Test', 'test', debit_after, credit_after, $5, $6, entry_hash
     FROM hashed`,
    [newId('transfer'), row.debit, row.credit, units(row.amount), row.recorded, row.effective],
  );
  await owner.query('COMMIT');
}

/** Gives the rows that touch an account times of the test's choice, one after the other, and its holds the first of theirs. */
export async function moveInTime(owner: pg.Client, accountId: string, timeOf: (n: number) => Date): Promise<void> {
  await owner.query('ALTER TABLE journal_entry DISABLE TRIGGER USER');
  const { rows } = await owner.query<{ sequence: string; kind: string; holdId: string | null }>(
    `SELECT sequence::text, kind, hold_id AS "holdId" FROM journal_entry
     WHERE debit_id = $1 OR credit_id = $1 ORDER BY sequence`,
    [accountId],
  );
  for (const [n, { sequence, kind, holdId }] of rows.entries()) {
    await owner.query('UPDATE journal_entry SET recorded_at = $2, effective_at = $2 WHERE sequence = $1', [
      sequence,
      timeOf(n),
    ]);
    if (kind === 'HOLD_PLACED') await owner.query('UPDATE hold SET placed_at = $2 WHERE id = $1', [holdId, timeOf(n)]);
  }
  await owner.query('ALTER TABLE journal_entry ENABLE TRIGGER USER');
}
