import type { JobLeaseResolvers } from '../generated/resolvers.js';

/** A job as its controller gets it. */
export const JobLease = {
  script: ({ job }) => job.script,
  isolationRequired: ({ job }) => job.isolationRequired,
  inputs: ({ inputs }) => [...inputs],
} satisfies Partial<JobLeaseResolvers>;
