import type { PageArguments } from '../../../platform/kernel/cursor.js';
import type { Allocation } from '../domain/allocation.js';
import type { Cluster } from '../domain/cluster.js';
import type { Job } from '../domain/job.js';
import { activateAllocation } from './activateAllocation.js';
import { type AppendJobLogInput, appendJobLog } from './appendJobLog.js';
import type { Call } from './call.js';
import { cancelJob } from './cancelJob.js';
import { type ClaimJobsInput, claimJobs } from './claimJobs.js';
import { closeAllocation } from './closeAllocation.js';
import { type ExtendAllocationInput, extendAllocation } from './extendAllocation.js';
import { getCluster } from './getCluster.js';
import { getJob } from './getJob.js';
import { hasCluster } from './hasCluster.js';
import { type HeartbeatInput, heartbeat } from './heartbeat.js';
import { listClusters } from './listClusters.js';
import { listJobLog } from './listJobLog.js';
import { listJobsOfGrant, listJobsOfUser, mayReadAllocation } from './listJobs.js';
import type { Dependencies } from './ports.js';
import { type ProvisionAllocationInput, provisionAllocation } from './provisionAllocation.js';
import { type ReportJobsInput, reportJobs } from './reportJobs.js';
import { type ShrinkAllocationInput, shrinkAllocation } from './shrinkAllocation.js';
import { type SubmitJobInput, submitJob } from './submitJob.js';

/** Everything that resolvers can ask for. */
export type UseCases = ReturnType<typeof makeUseCases>;

type Find<Thing> = (id: string) => Promise<Thing | null>;

/** Binds the use cases to what they work with. */
export const makeUseCases = (deps: Dependencies) => ({
  submitJob: (call: Call, input: SubmitJobInput) => submitJob(deps, call, input),
  cancelJob: (call: Call, input: { idempotencyKey: string; jobId: string }) => cancelJob(deps, call, input),
  claimJobs: (call: Call, input: ClaimJobsInput) => claimJobs(deps, call, input),
  heartbeat: (call: Call, input: HeartbeatInput) => heartbeat(deps, call, input),
  appendJobLog: (call: Call, input: AppendJobLogInput) => appendJobLog(deps, call, input),
  reportJobs: (call: Call, input: ReportJobsInput) => reportJobs(deps, call, input),
  provisionAllocation: (call: Call, input: ProvisionAllocationInput) => provisionAllocation(deps, call, input),
  activateAllocation: (call: Call, input: { idempotencyKey: string; grantId: string }) =>
    activateAllocation(deps, call, input),
  closeAllocation: (call: Call, input: { grantId: string; wait: boolean }) => closeAllocation(deps, call, input),
  extendAllocation: (call: Call, input: ExtendAllocationInput) => extendAllocation(deps, call, input),
  shrinkAllocation: (call: Call, input: ShrinkAllocationInput) => shrinkAllocation(deps, call, input),
  hasCluster: (call: Call, id: string) => hasCluster(deps, call, id),
  getJob: (call: Call, id: string, find: Find<Job>) => getJob(call, id, find),
  getCluster: (call: Call, id: string, find: Find<Cluster>) => getCluster(call, id, find),
  listClusters: (call: Call, page: PageArguments) => listClusters(deps, call, page),
  listJobsOfUser: (call: Call, userId: string, page: PageArguments) => listJobsOfUser(deps, call, userId, page),
  listJobsOfGrant: (call: Call, allocation: Allocation | null, page: PageArguments) =>
    listJobsOfGrant(deps, call, allocation, page),
  mayReadAllocation,
  listJobLog: (job: Job, page: PageArguments) => listJobLog(deps, job, page),
});
