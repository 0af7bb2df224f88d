/** What a job does, as clients and controllers name it. */
export type JobStatus =
  | 'PENDING'
  | 'CLAIMED'
  | 'QUEUED'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'NODE_FAILED';

/** How a job can end. */
export type FinalStatus = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'NODE_FAILED';

/** What a controller can report before the end. */
type LiveStatus = 'CLAIMED' | 'QUEUED' | 'RUNNING';

const FINAL: ReadonlySet<JobStatus> = new Set<FinalStatus>([
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
  'NODE_FAILED',
]);
const RANK: Readonly<Record<LiveStatus, number>> = { CLAIMED: 1, QUEUED: 2, RUNNING: 3 };

/** Whether a job ends with this status. */
export const isFinal = (status: JobStatus): status is FinalStatus => FINAL.has(status);

/** Whether a controller holds a job of this status. */
export const isLive = (status: JobStatus): status is LiveStatus => status in RANK;

/**
 * Whether the command may have begun. Then the job is never given to another controller: a lost lease ends it
 * NODE_FAILED, since nobody can tell whether it still runs. QUEUED counts, for the cluster's own queue may start it.
 */
export const mayHaveStarted = (status: JobStatus): boolean => status === 'QUEUED' || status === 'RUNNING';

/**
 * Whether a report may move a job on. Forward alone: a live job may skip QUEUED and may end from anywhere; COMPLETED
 * and TIMED_OUT are believed although RUNNING was not reported before, because reports can arrive out of order.
 */
export function canMove(from: JobStatus, to: JobStatus): boolean {
  if (!isLive(from)) return false;
  if (isFinal(to)) return true;
  return isLive(to) && RANK[to] >= RANK[from];
}
