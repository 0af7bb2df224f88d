import type { Job } from './job.js';

/** A lease as a controller names it. */
export interface LeaseReference {
  readonly lease: string;
  readonly fencingToken: number;
}

/**
 * Whether a controller still has the right to a job. A lease past its end holds as long as nobody else took the job
 * and it was not judged lost: the fencing token tells, not the clock.
 */
export const holdsLease = (job: Job, reference: LeaseReference): boolean =>
  job.lease !== null && job.lease.lease === reference.lease && job.fencingToken === reference.fencingToken;
