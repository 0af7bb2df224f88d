import type { GrantResolvers } from '../generated/resolvers.js';

/** What compute knows of a grant: the cluster it gives time on and its jobs, for its holder and operators. */
export const Grant = {
  __resolveReference: ({ id }) => ({ id }),
  cluster: async ({ id }, _arguments, context) => {
    const allocation = await context.loaders.allocationOfGrant.load(id);
    return context.usecases.mayReadAllocation(context, allocation)
      ? context.loaders.cluster.load(allocation.clusterId)
      : null;
  },
  jobs: async ({ id }, page, context) =>
    context.usecases.listJobsOfGrant(context, await context.loaders.allocationOfGrant.load(id), page),
} satisfies Partial<GrantResolvers>;
