import { notFound } from '../../../platform/kernel/faults.js';
import type { Cluster } from '../domain/cluster.js';
import type { Call } from './call.js';
import { requireSignedIn } from './requireSignedIn.js';

/** One cluster, for everybody who is signed in. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getCluster(
  call: Call,
  id: string,
  find: (id: string) => Promise<Cluster | null>,
): Promise<Cluster> {
  requireSignedIn(call.viewer);
  const cluster = await find(id);
  if (cluster === null) throw notFound('cluster');
  return cluster;
}
