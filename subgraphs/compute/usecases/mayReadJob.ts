import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Belonging, decidesFor } from '../../../platform/kernel/principal.js';
import type { Job } from '../domain/job.js';
import { isControllerOf } from './requireController.js';

/** Whether a viewer may see a job: who submitted it, the holding group's ADMINs, operators, and its cluster's controllers. */
export function mayReadJob(viewer: Viewer, job: Job): boolean {
  if (job.submission !== 'READY') return false;
  if (viewer.kind === 'person' && isUnderOf(viewer, job)) return true;
  return isOperator(viewer) || isControllerOf(viewer, job.clusterId);
}

/** Whether a job is a person's to see and to end: one's own, also after one left the group; and what one's group pays as its ADMIN. */
export const isUnderOf = (person: Belonging, { submittedById, holderId }: Job): boolean =>
  person.userId === submittedById || decidesFor(person, holderId);
