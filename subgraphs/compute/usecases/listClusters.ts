import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { Cluster } from '../domain/cluster.js';
import type { Call } from './call.js';
import type { Dependencies } from './ports.js';
import { requireSignedIn } from './requireSignedIn.js';

/** The clusters by name, for everybody who is signed in. @throws Fault UNAUTHENTICATED, BAD_USER_INPUT */
export async function listClusters(deps: Dependencies, call: Call, page: PageArguments): Promise<Connection<Cluster>> {
  requireSignedIn(call.viewer);
  const request = parsePage(page, 2);
  return toConnection(await deps.database.clusters.page(request), request, ({ name, id }) => [name, id]);
}
