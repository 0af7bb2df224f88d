import type { SqlSession } from '../database/sql.js';

/** When and how a task is run. */
export interface EnqueueOptions {
  /** Not before this instant; at once unless told. */
  readonly runAt?: Date;
  /** At most one waiting task has a key: a second one replaces the first. */
  readonly jobKey?: string;
  /** Attempts, with growing pauses, before the task is given up; 25 (three days) unless told. */
  readonly maxAttempts?: number;
}

/**
 * Adds a task inside the caller's transaction: it runs if that commits, and never existed if it does not.
 * @param payload what the task is called with, as JSON
 * @returns the job's id
 */
export async function enqueue(
  sql: SqlSession,
  task: string,
  payload: unknown,
  options: EnqueueOptions = {},
): Promise<string> {
  const rows = await sql.$queryRawUnsafe<{ id: string }[]>(
    `select id::text as id from graphile_worker.add_job(
       $1::text, payload => $2::json, run_at => $3::timestamptz, max_attempts => $4::int, job_key => $5::text)`,
    task,
    JSON.stringify(payload),
    options.runAt?.toISOString() ?? null,
    options.maxAttempts ?? null,
    options.jobKey ?? null,
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`task ${task} was not added`);
  return id;
}
