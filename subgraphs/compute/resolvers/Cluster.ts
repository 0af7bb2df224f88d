import { coreShareOf } from '../domain/coreShare.js';
import type { ClusterResolvers } from '../generated/resolvers.js';

/** A cluster, shown to everybody who is signed in. */
export const Cluster = {
  __resolveReference: ({ id }, context) =>
    context.usecases.getCluster(context, id, (key) => context.loaders.cluster.load(key)),
  provider: ({ providerGroupId }) => ({ id: providerGroupId }),
  coresPerGpu: (cluster) => coreShareOf(cluster).coresPerGpu,
  memoryPerCore: (cluster) => coreShareOf(cluster).memoryBytesPerCore,
} satisfies Partial<ClusterResolvers>;
