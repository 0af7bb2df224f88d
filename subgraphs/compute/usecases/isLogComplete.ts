import type { Job } from '../domain/job.js';
import type { Repositories } from './ports.js';

/** Whether all log calls have come that the final report announced, or nobody can send them any more. */
export async function isLogComplete(tables: Repositories, job: Job): Promise<boolean> {
  if (job.logSequence === null || job.logSequence === 0 || job.lease === null) return true;
  const call = { jobId: job.id, fencingToken: job.fencingToken, sequence: job.logSequence };
  return (await tables.logs.countUpTo(call)) >= job.logSequence;
}
