import {
  hasScope,
  isOperator,
  requireOperator,
  requirePerson,
  type ServiceAccountViewer,
  type Viewer,
} from '../../../platform/auth/viewer.js';
import { forbidden, notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import type { UsageSight } from './ports/usage.js';

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

/** Sees to it that the viewer may publish prices: an operator. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireRatePublisher(viewer: Viewer): void {
  requireOperator(viewer);
}

/**
 * Which usage the viewer sees: operators everything, a controller that of its clusters, a person what the person used or
 * paid. Groups of whose usage the person sees everything would stand beside the person's own id.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function usageSightOf(viewer: Viewer): UsageSight {
  if (isOperator(viewer)) return { kind: 'ALL' };
  if (viewer.kind === 'serviceAccount') {
    if (!hasScope(viewer, 'accounting:usage')) throw forbidden('The token lacks the scope accounting:usage.');
    return { kind: 'CLUSTERS', clusterIds: viewer.clusterIds };
  }
  return { kind: 'PRINCIPALS', ids: [requirePerson(viewer).userId] };
}
