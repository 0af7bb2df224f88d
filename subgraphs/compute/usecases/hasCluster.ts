import { requireService } from '../../../platform/auth/viewer.js';
import type { Call } from './call.js';
import type { Dependencies } from './ports.js';

/** Whether there is a cluster that an allocation could be on. For access. */
export async function hasCluster(
  { database }: Pick<Dependencies, 'database'>,
  call: Call,
  id: string,
): Promise<boolean> {
  requireService(call.viewer, 'access');
  return (await database.clusters.find([id])).length > 0;
}
