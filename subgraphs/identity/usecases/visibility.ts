import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';

/** Whether the viewer is this person; a service that acts for the person is not. */
const isOneself = (viewer: Viewer, userId: string): boolean =>
  viewer.kind === 'person' && viewer.userId === userId && viewer.actor === null;

/** Whether the viewer sees a person's mail address, status, groups and sessions. */
export const seesWholeUser = (viewer: Viewer, userId: string): boolean =>
  isOneself(viewer, userId) || isOperator(viewer);
