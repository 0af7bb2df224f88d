import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';

/** Whether the viewer is this person, by whatever token; a service that acts for the person is not. */
const isOneself = (viewer: Viewer, userId: string): boolean =>
  viewer.kind === 'person' && viewer.userId === userId && viewer.actor === null;

/** Whether the viewer sees a person's status and groups. */
export const seesOwn = (viewer: Viewer, userId: string): boolean => isOneself(viewer, userId) || isOperator(viewer);

/**
 * Whether the viewer sees a person's mail address, sessions, keys and invitations as well. They tell addresses and habits,
 * and are not for programs that were given less than a whole session: by a personal access key or a narrowed token.
 */
export const seesPrivate = (viewer: Viewer, userId: string): boolean =>
  isOperator(viewer) ||
  (isOneself(viewer, userId) &&
    viewer.kind === 'person' &&
    isId('session', viewer.sessionId) &&
    viewer.restricted !== true);
