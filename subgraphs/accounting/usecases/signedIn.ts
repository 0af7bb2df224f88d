import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { unauthenticated } from '../../../platform/kernel/faults.js';

/** Sees to it that somebody asks, whoever it is. @throws Fault UNAUTHENTICATED */
export function requireSignedIn(viewer: Viewer): void {
  if (viewer.kind === 'anonymous') throw unauthenticated();
}

/** Sees to it that somebody asks, and no service of Tollgate: none needs it for its work. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireReader(viewer: Viewer): void {
  requireSignedIn(viewer);
  refuseServices(viewer);
}
