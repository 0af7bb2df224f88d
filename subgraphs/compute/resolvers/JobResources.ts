import type { JobResourcesResolvers } from '../generated/resolvers.js';

/** What a job may use. */
export const JobResources = {
  memory: ({ memoryBytes }) => memoryBytes,
} satisfies Partial<JobResourcesResolvers>;
