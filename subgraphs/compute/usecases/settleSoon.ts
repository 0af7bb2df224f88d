import type { Job } from '../domain/job.js';
import { type Call, traceOf } from './call.js';
import type { Dependencies } from './ports.js';
import { settleJob } from './settleJob.js';

/** Settling is left to the task where less than this is left of a request's time. */
const TIME_LEFT_MS = 1_500;

/**
 * Tries to settle a job while its request waits. A failure is not the request's: the durable task tries again.
 * @returns the job as it is then
 */
export async function settleSoon(deps: Dependencies, call: Call, job: Job): Promise<Job> {
  if (call.deadlineAt - deps.clock.now().getTime() < TIME_LEFT_MS) return job;
  try {
    return (await settleJob(deps, job.id, traceOf(call))) ?? job;
  } catch (error) {
    deps.log.warn({ err: error, jobId: job.id }, 'a job is settled later');
    return job;
  }
}
