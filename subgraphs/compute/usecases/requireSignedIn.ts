import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { unauthenticated } from '../../../platform/kernel/faults.js';

/** Sees to it that somebody is signed in, a person or a program, and no service of Tollgate. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireSignedIn(viewer: Viewer): void {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  refuseServices(viewer);
}
