import { type InvalidInput, invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Job } from '../domain/job.js';
import { holdsLease, type LeaseReference } from '../domain/lease.js';
import { computeLimits } from '../domain/limits.js';
import { boundLines, type LogLine, storableText } from '../domain/logBound.js';
import type { Call } from './call.js';
import type { Dependencies, Repositories } from './ports.js';
import { requireController } from './requireController.js';
import { settleSoon } from './settleSoon.js';

/** The input of appendJobLog. */
export interface AppendJobLogInput extends LeaseReference {
  readonly clusterId: string;
  readonly jobId: string;
  readonly sequence: number;
  readonly lines: readonly LogLine[];
}

/**
 * Adds lines to a job's log, once for each sequence; calls may come out of order. The log is bounded: what is beyond
 * is acknowledged and left out. The last missing call lets a job that has ended be settled.
 * Refusals: INVALID_INPUT, LEASE_LOST, JOB_ENDED (a call beyond those that the final report announced).
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function appendJobLog(
  deps: Dependencies,
  call: Call,
  input: AppendJobLogInput,
): Promise<Result<Job, Refusal>> {
  requireController(call.viewer, input.clusterId);
  const malformed = check(input);
  if (malformed !== null) return err(malformed);
  const taken = await deps.database.transaction((tx) => append(tx, input));
  if (!taken.ok || taken.value.outcome === null) return taken;
  return ok(await settleSoon(deps, call, taken.value));
}

function check({ sequence, lines }: AppendJobLogInput): InvalidInput | null {
  const { logSequenceMax, logLinesPerCallMax, logLineCharactersMax } = computeLimits;
  if (sequence < 1 || sequence > logSequenceMax) {
    return invalidInput(['sequence'], `sequence must be 1 to ${logSequenceMax}.`);
  }
  if (lines.length > logLinesPerCallMax) {
    return invalidInput(['lines'], `A call brings at most ${logLinesPerCallMax} lines.`);
  }
  const long = lines.findIndex(({ text }) => text.length > logLineCharactersMax);
  return long < 0
    ? null
    : invalidInput(['lines', String(long), 'text'], `A line has at most ${logLineCharactersMax} characters.`);
}

async function append(tx: Repositories, input: AppendJobLogInput): Promise<Result<Job, Refusal>> {
  const job = await tx.jobs.lock(input.jobId);
  if (job === null || job.clusterId !== input.clusterId || !holdsLease(job, input)) {
    return err(refused('LEASE_LOST', 'The lease is lost. Stop the job.'));
  }
  if (await tx.logs.has(input)) return ok(job);
  if (job.outcome !== null && input.sequence > (job.logSequence ?? 0)) {
    return err(refused('JOB_ENDED', 'The job has ended, and its log with fewer calls.'));
  }
  const lines = input.lines.map((line) => ({ ...line, text: storableText(line.text) }));
  await tx.logs.add(input, boundLines(await tx.logs.sizeOf(job.id), lines));
  return ok(job);
}
