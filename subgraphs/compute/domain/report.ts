import { type Refused, refused } from '../../../platform/kernel/refusal.js';
import { actualCostMicros } from './cost.js';
import type { Job } from './job.js';
import { canMove, type FinalStatus, isFinal, type JobStatus } from './jobStatus.js';
import { holdsLease, type LeaseReference } from './lease.js';
import { storableText } from './logBound.js';

/** What a controller says of a job. */
export interface JobUpdate extends LeaseReference {
  readonly jobId: string;
  readonly sequence: number;
  readonly status: JobStatus;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly logSequence: number | null;
}

/** How a job ends; all of it is fixed at once. */
export interface JobEnd {
  readonly outcome: FinalStatus;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date;
  readonly logSequence: number | null;
  readonly chargeMicros: bigint;
}

/** What a report does: nothing (a duplicate or an older one), a step, the end, or it is refused. */
type ReportEffect =
  | { readonly kind: 'PASSED_OVER' }
  | { readonly kind: 'STEP'; readonly status: JobStatus; readonly startedAt: Date | null }
  | { readonly kind: 'END'; readonly end: JobEnd }
  | { readonly kind: 'REFUSED'; readonly refusal: Refused };

/**
 * Judges a report. Order of checks: fence, age, end, direction.
 * Refusals: LEASE_LOST, JOB_ENDED (ended otherwise than by this report).
 */
export function judgeReport(job: Job, update: JobUpdate, now: Date): ReportEffect {
  if (!holdsLease(job, update)) {
    return { kind: 'REFUSED', refusal: refused('LEASE_LOST', 'The lease is lost. Stop the job.') };
  }
  if (update.sequence <= job.reportSequence) return { kind: 'PASSED_OVER' };
  if (job.outcome !== null) {
    return { kind: 'REFUSED', refusal: refused('JOB_ENDED', `The job has ended already: ${job.outcome}.`) };
  }
  if (isFinal(update.status)) return { kind: 'END', end: endOf(job, update, update.status, now) };
  if (!canMove(job.status, update.status)) return { kind: 'PASSED_OVER' };
  return { kind: 'STEP', status: update.status, startedAt: update.startedAt ?? job.startedAt };
}

function endOf(job: Job, update: JobUpdate, outcome: FinalStatus, now: Date): JobEnd {
  const startedAt = update.startedAt ?? job.startedAt;
  const endedAt = update.endedAt ?? now;
  return {
    outcome,
    exitCode: update.exitCode,
    // What was said when it was cancelled stands, unless the controller knows better.
    reason:
      (update.reason === null ? null : storableText(update.reason)) ?? (outcome === 'CANCELLED' ? job.reason : null),
    startedAt,
    endedAt,
    logSequence: update.logSequence,
    chargeMicros: actualCostMicros({ ...job, outcome, startedAt, endedAt }),
  };
}

/** The end of a job that no controller reports: nothing is charged. */
export const unchargedEnd = (job: Job, outcome: FinalStatus, reason: string | null, now: Date): JobEnd => ({
  outcome,
  exitCode: null,
  reason,
  startedAt: job.startedAt,
  endedAt: now,
  logSequence: null,
  chargeMicros: 0n,
});
