import DataLoader from 'dataloader';
import { limits } from '../../../platform/kernel/limits.js';
import type { Allocation } from '../domain/allocation.js';
import type { Cluster } from '../domain/cluster.js';
import type { Job } from '../domain/job.js';
import type { Repositories } from '../usecases/ports.js';

/** Look-ups of one request, batched into one statement each. What is not there is null. */
export interface Loaders {
  readonly cluster: DataLoader<string, Cluster | null>;
  readonly job: DataLoader<string, Job | null>;
  readonly allocationOfGrant: DataLoader<string, Allocation | null>;
}

/** Loaders for one request. */
export const makeLoaders = ({ clusters, jobs, allocations }: Repositories): Loaders => ({
  cluster: batched(clusters.find, ({ id }) => id),
  job: batched(jobs.find, ({ id }) => id),
  allocationOfGrant: batched(allocations.findByGrants, ({ grantId }) => grantId),
});

function batched<Thing>(
  find: (keys: readonly string[]) => Promise<readonly Thing[]>,
  keyOf: (thing: Thing) => string,
): DataLoader<string, Thing | null> {
  return new DataLoader(
    async (keys) => {
      const found = new Map((await find(keys)).map((thing) => [keyOf(thing), thing]));
      return keys.map((key) => found.get(key) ?? null);
    },
    { maxBatchSize: limits.loaderBatchMax },
  );
}
