import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { Cluster } from './Cluster.js';
import { Grant } from './Grant.js';
import { Job } from './Job.js';
import { JobLease } from './JobLease.js';
import { JobLeaseInput } from './JobLeaseInput.js';
import { JobResources } from './JobResources.js';
import { activateAllocation } from './Mutation/activateAllocation.js';
import { appendJobLog } from './Mutation/appendJobLog.js';
import { cancelJob } from './Mutation/cancelJob.js';
import { claimJobs } from './Mutation/claimJobs.js';
import { closeAllocation } from './Mutation/closeAllocation.js';
import { extendAllocation } from './Mutation/extendAllocation.js';
import { heartbeat } from './Mutation/heartbeat.js';
import { provisionAllocation } from './Mutation/provisionAllocation.js';
import { reportJobs } from './Mutation/reportJobs.js';
import { shrinkAllocation } from './Mutation/shrinkAllocation.js';
import { submitJob } from './Mutation/submitJob.js';
import { cluster } from './Query/cluster.js';
import { clusters } from './Query/clusters.js';
import { hasCluster } from './Query/hasCluster.js';
import { job } from './Query/job.js';
import { User } from './User.js';

/** All of compute's resolvers. */
export const resolvers = {
  Query: { cluster, clusters, hasCluster, job },
  Mutation: {
    activateAllocation,
    appendJobLog,
    cancelJob,
    claimJobs,
    closeAllocation,
    extendAllocation,
    heartbeat,
    provisionAllocation,
    reportJobs,
    shrinkAllocation,
    submitJob,
  },
  Cluster,
  Grant,
  Job,
  JobLease,
  JobLeaseInput,
  JobResources,
  User,
} satisfies Partial<RequiredResolvers<Resolvers>>;
