import { z } from 'zod';
import type { WorkTask } from '../../../platform/work/startWorker.js';
import { ownTrace } from '../usecases/call.js';
import { expirePending } from '../usecases/expirePending.js';
import type { Dependencies } from '../usecases/ports.js';
import { recoverSubmission } from '../usecases/recoverSubmission.js';
import { settleJob } from '../usecases/settleJob.js';
import { tasks } from '../usecases/tasks.js';
import { unpinInputs } from '../usecases/unpinInputs.js';
import { watchLease } from '../usecases/watchLease.js';

const jobPayload = z.object({ jobId: z.string() });
const unpinPayload = z.object({ jobId: z.string(), key: z.string() });

/** The durable tasks by name. Each bears running twice. */
export const taskList = (deps: Dependencies): Readonly<Record<string, WorkTask>> => ({
  [tasks.recoverSubmission]: forJob((jobId) => recoverSubmission(deps, jobId, ownTrace('recoverSubmission', jobId))),
  [tasks.settleJob]: forJob((jobId) => settleJob(deps, jobId, ownTrace('settleJob', jobId))),
  [tasks.watchLease]: forJob((jobId) => watchLease(deps, jobId, ownTrace('watchLease', jobId))),
  [tasks.expirePending]: forJob((jobId) => expirePending(deps, jobId, ownTrace('expirePending', jobId))),
  [tasks.unpinInputs]: async (payload) => {
    const request = unpinPayload.parse(payload);
    await unpinInputs(deps, request, ownTrace('unpinInputs', request.jobId));
  },
});

const forJob =
  (work: (jobId: string) => Promise<unknown>): WorkTask =>
  async (payload) => {
    await work(jobPayload.parse(payload).jobId);
  };
