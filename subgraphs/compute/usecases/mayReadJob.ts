import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import type { Job } from '../domain/job.js';
import { isControllerOf } from './requireController.js';

/** Whether a viewer may see a job: who submitted it, operators, and the controllers of its cluster. */
export function mayReadJob(viewer: Viewer, job: Job): boolean {
  if (job.submission !== 'READY') return false;
  if (viewer.kind === 'person' && viewer.userId === job.submittedById) return true;
  return isOperator(viewer) || isControllerOf(viewer, job.clusterId);
}
