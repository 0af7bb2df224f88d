import { hasScope, type ServiceAccountViewer, type Viewer } from '../../../platform/auth/viewer.js';
import { forbidden, notFound, unauthenticated } from '../../../platform/kernel/faults.js';

/**
 * The controller that calls, if it is one of this cluster. A cluster that its token is not bound to is answered like
 * one that does not exist. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export function requireController(viewer: Viewer, clusterId: string): ServiceAccountViewer {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (viewer.kind !== 'serviceAccount') throw forbidden('Only a cluster’s controller may do this.');
  if (!hasScope(viewer, 'compute:control')) throw forbidden('The token lacks the scope compute:control.');
  if (!viewer.clusterIds.includes(clusterId)) throw notFound('cluster');
  return viewer;
}

/** Whether a viewer is a controller of a cluster. */
export const isControllerOf = (viewer: Viewer, clusterId: string): boolean =>
  viewer.kind === 'serviceAccount' && hasScope(viewer, 'compute:control') && viewer.clusterIds.includes(clusterId);
