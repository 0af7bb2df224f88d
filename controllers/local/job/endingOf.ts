import type { JobReport } from '../gateway/tollgate.js';
import type { ProcessEnding } from './runProcess.js';

/** Why the controller ended a job, and how that is reported. */
export interface StopReason {
  readonly status: 'CANCELLED' | 'TIMED_OUT' | 'FAILED' | 'NODE_FAILED';
  /** For the job's log and its reason. */
  readonly note: string;
}

/** What is reported of a program that ended, by itself or because it was stopped. */
export function endingOf(
  startedAt: Date,
  ending: ProcessEnding,
  stopped: StopReason | null,
): Omit<JobReport, 'sequence' | 'logSequence'> {
  const times = { startedAt: startedAt.toISOString(), endedAt: ending.endedAt.toISOString() };
  if (ending.error !== null) return { status: 'NODE_FAILED', reason: 'The controller could not start it.', ...times };
  const exitCode = ending.code === null ? {} : { exitCode: ending.code };
  // A job that ended well before the stop reached it has ended well.
  if (ending.code === 0) return { status: 'COMPLETED', ...exitCode, ...times };
  if (stopped !== null) return { status: stopped.status, reason: stopped.note, ...exitCode, ...times };
  if (ending.signal !== null) return { status: 'FAILED', reason: `It was ended by ${ending.signal}.`, ...times };
  return { status: 'FAILED', ...exitCode, ...times };
}
