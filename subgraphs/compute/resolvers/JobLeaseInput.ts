import type { JobLeaseInputResolvers } from '../generated/resolvers.js';

/** A file to fetch. */
export const JobLeaseInput = {
  path: ({ as }) => as,
} satisfies Partial<JobLeaseInputResolvers>;
