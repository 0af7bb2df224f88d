import { notFound } from '../../../platform/kernel/faults.js';
import type { Job } from '../domain/job.js';
import type { Call } from './call.js';
import { mayReadJob } from './mayReadJob.js';
import { requireSignedIn } from './requireSignedIn.js';

/** One job. @param find looks it up, batched. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getJob(call: Call, id: string, find: (id: string) => Promise<Job | null>): Promise<Job> {
  requireSignedIn(call.viewer);
  const job = await find(id);
  if (job === null || !mayReadJob(call.viewer, job)) throw notFound('job');
  return job;
}
