import {
  hasScope,
  isOperator,
  refuseServices,
  requireOperator,
  requirePerson,
  type ServiceAccountViewer,
  type Viewer,
} from '../../../platform/auth/viewer.js';
import { forbidden, notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import type { Account } from '../domain/account.js';
import type { UsageFilter, UsageSight } from './ports/usage.js';

/**
 * The controller that calls, if its token is for usage and bound to this cluster. A cluster that it is not bound to is
 * answered like one that does not exist. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export function requireMeter(viewer: Viewer, clusterId: string): ServiceAccountViewer {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (viewer.kind !== 'serviceAccount') throw forbidden('Only a cluster’s controller may do this.');
  if (!hasScope(viewer, 'accounting:usage')) throw forbidden('The token lacks the scope accounting:usage.');
  if (!viewer.clusterIds.includes(clusterId)) throw notFound('cluster');
  return viewer;
}

/** Sees to it that the viewer may look into all of a cluster's usage. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND */
export function requireClusterReader(viewer: Viewer, clusterId: string): void {
  if (!isOperator(viewer)) requireMeter(viewer, clusterId);
}

/**
 * Sees to it that the viewer may publish prices paid to an account: an operator, or an ADMIN of the provider that owns it.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function requireRatePublisher(viewer: Viewer, payee: Account | undefined): void {
  const person = requirePerson(viewer);
  if (person.actor === null && payee?.ownerId != null && person.roles.get(payee.ownerId) === 'ADMIN') return;
  requireOperator(viewer);
}

/**
 * Which records the viewer sees: operators everything, a controller those of its clusters, a person what the person used or
 * paid, and as ADMIN what a group used or paid.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function usageSightOf(viewer: Viewer): UsageSight {
  if (isOperator(viewer)) return { kind: 'ALL' };
  if (viewer.kind === 'serviceAccount') {
    if (!hasScope(viewer, 'accounting:usage')) throw forbidden('The token lacks the scope accounting:usage.');
    return { kind: 'CLUSTERS', clusterIds: viewer.clusterIds };
  }
  const person = requirePerson(viewer);
  refuseServices(person);
  return { kind: 'PRINCIPALS', ids: [person.userId, ...groupsAdministeredBy(person)] };
}

/**
 * Which records the viewer sees the sums of: as usageSightOf, and every member the sums of the group that the filter names,
 * as long as it does not single a person out.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function totalsSightOf(viewer: Viewer, { userId, groupId }: UsageFilter): UsageSight {
  const sight = usageSightOf(viewer);
  if (viewer.kind !== 'person' || sight.kind !== 'PRINCIPALS') return sight;
  const isMember = groupId != null && viewer.roles.has(groupId);
  return isMember && userId == null ? { kind: 'PRINCIPALS', ids: [groupId] } : sight;
}
