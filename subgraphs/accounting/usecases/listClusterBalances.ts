import { hasScope, isOperator, refuseServices, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import type { ClusterBalance } from '../domain/clusterBalance.js';
import type { BalanceSight, ClusterBalances } from './ports/clusterBalances.js';

interface Wish extends PageArguments {
  readonly clusterId: string;
  readonly unit: string;
}

/**
 * What each person may still use of a cluster, by person and group.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN without the scope, NOT_FOUND for a cluster that the program is not bound to,
 * BAD_USER_INPUT
 */
export const makeListClusterBalances =
  ({ clusterBalances }: { readonly clusterBalances: ClusterBalances }) =>
  async (viewer: Viewer, { clusterId, unit, ...args }: Wish): Promise<Connection<ClusterBalance>> => {
    const sight = sightOf(viewer, clusterId);
    const page = parsePage(args, 2);
    const rows = await clusterBalances.page({ clusterId, unit }, sight, page);
    return toConnection(rows, page, ({ userId, groupId }) => [userId, groupId ?? '']);
  };

function sightOf(viewer: Viewer, clusterId: string): BalanceSight {
  if (isOperator(viewer)) return null;
  if (viewer.kind === 'serviceAccount') {
    if (!hasScope(viewer, 'accounting:usage')) throw forbidden('The token lacks the scope accounting:usage.');
    if (!viewer.clusterIds.includes(clusterId)) throw notFound('cluster');
    return null;
  }
  const person = requirePerson(viewer);
  refuseServices(person);
  return { userId: person.userId, administered: groupsAdministeredBy(person) };
}
