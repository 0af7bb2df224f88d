import type pg from 'pg';
import { newId } from '../../platform/kernel/ids.js';

/** What one transfer made the database do. */
interface PostingWork {
  /** How often a table of budgets was looked into. */
  readonly looks: number;
  /** Rows read, of all tables. */
  readonly rows: number;
}

/** Posts a millionth and counts the work in its transaction. @param owner a connection of the database's owner */
export async function postingWorkOf(owner: pg.Client, debitId: string, creditId: string): Promise<PostingWork> {
  const counters = async (): Promise<PostingWork> => {
    const { rows } = await owner.query<PostingWork>(
      `SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)) FILTER (WHERE relname LIKE 'budget%'), 0)::int AS looks,
              sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows
       FROM pg_stat_xact_user_tables WHERE schemaname = 'public'`,
    );
    return rows[0] ?? { looks: 0, rows: 0 };
  };
  await owner.query('BEGIN');
  const before = await counters();
  const { rows } = await owner.query<{ verdict: object }>(
    `SELECT b.verdict FROM post_batch(ARRAY[$1, $2], '{}', '{TRANSFER}', '{TRANSFER}', '{1}', '{2}', '{0}', ARRAY[$3], '{""}',
       '{CREDIT}', '{1}', '{f}', '{0}', '{""}', '{Test}', '{""}', '{""}', '{usr_test}', '{""}', '{""}', '{""}', '{""}', '{""}',
       '{""}', '{""}', '{""}') b`,
    [debitId, creditId, newId('transfer')],
  );
  const after = await counters();
  await owner.query('COMMIT');
  if (!('value' in (rows[0]?.verdict ?? {}))) throw new Error(`not posted: ${JSON.stringify(rows)}`);
  return { looks: after.looks - before.looks, rows: after.rows - before.rows };
}
