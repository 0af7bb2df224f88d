import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../platform/kernel/files.js';
import { pause, untilDone } from './gateway/retry.js';
import type { JobReport, LeaseReference, LogLine, Tollgate } from './gateway/tollgate.js';

/**
 * What is to be told of one job, on disk until Tollgate has taken it, so that neither a gateway that is down nor the
 * end of this process loses it. Log calls go in order, the report last.
 */
export interface JobOutbox {
  /** Adds a log call. */
  addLog(lines: readonly LogLine[]): Promise<void>;
  /** Adds the final report; nothing can be added after it. */
  addReport(report: Omit<JobReport, 'logSequence'>): Promise<void>;
  /** Resolves when all of it is taken, or given up because the job is not ours any more or the signal came. */
  readonly delivered: Promise<void>;
}

const leaseFile = 'lease.json';
const reportFile = 'report.json';
const leaseSchema = z.object({ jobId: z.string(), lease: z.string(), fencingToken: z.number() });
/** How long a job's outbox waits for more before it looks again by itself. */
const IDLE_MS = 100;

/** Opens a job's outbox. Its folder tells the next controller that this job was begun, should this one end early. */
export async function openOutbox(
  folder: string,
  lease: LeaseReference,
  tollgate: Tollgate,
  signal: AbortSignal,
): Promise<JobOutbox> {
  const own = join(folder, lease.jobId);
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true, mode: 0o700 });
  await writeFileAtomically(join(own, leaseFile), JSON.stringify(lease), 0o600);
  let logCalls = 0;
  return {
    async addLog(lines) {
      logCalls += 1;
      await writeFileAtomically(join(own, logName(logCalls)), JSON.stringify(lines), 0o600);
    },
    addReport: (report) =>
      writeFileAtomically(join(own, reportFile), JSON.stringify({ ...report, logSequence: logCalls }), 0o600),
    delivered: deliver(own, lease, tollgate, signal),
  };
}

/**
 * Delivers what an earlier controller left. A job without a report was ended with that controller.
 * @returns when all of it is taken or the signal came
 */
export async function deliverLeftovers(
  folder: string,
  tollgate: Tollgate,
  signal: AbortSignal,
): Promise<readonly LeaseReference[]> {
  const left: LeaseReference[] = [];
  for (const jobId of await readdir(folder)) {
    const own = join(folder, jobId);
    const lease = leaseSchema.safeParse(await readJson(join(own, leaseFile)));
    if (!lease.success) {
      await rm(own, { recursive: true, force: true });
      continue;
    }
    if ((await readJson(join(own, reportFile))) === null) await addLostReport(own);
    left.push(lease.data);
    void deliver(own, lease.data, tollgate, signal);
  }
  return left;
}

/** A sequence that no controller's reports reach, so that it is taken whatever was reported before. */
const LAST_SEQUENCE = 1_000;

async function addLostReport(own: string): Promise<void> {
  const logSequence = Math.max(0, ...(await readdir(own)).map(logNumber));
  const report: JobReport = {
    sequence: LAST_SEQUENCE,
    status: 'NODE_FAILED',
    reason: 'The controller was ended while the job ran.',
    endedAt: new Date().toISOString(),
    // Calls before the first that is left were taken already; none is missing behind it.
    logSequence,
  };
  await writeFileAtomically(join(own, reportFile), JSON.stringify(report), 0o600);
}

async function deliver(own: string, lease: LeaseReference, tollgate: Tollgate, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const names = await readdir(own).catch((): string[] => []);
    const next = names.filter((name) => logNumber(name) > 0).sort(byNumber)[0];
    const name = next ?? (names.includes(reportFile) ? reportFile : undefined);
    if (name === undefined) {
      if (names.length === 0) return;
      await pause(IDLE_MS, signal);
      continue;
    }
    // A log call may have been written between the listing and the report: the report says how many there are.
    const taken = await untilDone(() => send(own, name, lease, tollgate), signal);
    if (taken === null) return;
    if (taken === 'LOST' || name === reportFile) return rm(own, { recursive: true, force: true });
    await rm(join(own, name), { force: true });
  }
}

async function send(own: string, name: string, lease: LeaseReference, tollgate: Tollgate) {
  const content = await readJson(join(own, name));
  // This process wrote both files itself, in these forms.
  if (name === reportFile) return tollgate.reportJob(lease, content as JobReport);
  return tollgate.appendJobLog(lease, logNumber(name), content as readonly LogLine[]);
}

const logName = (sequence: number): string => `log-${sequence}.json`;
const logNumber = (name: string): number => Number(/^log-(\d+)\.json$/.exec(name)?.[1] ?? 0);
const byNumber = (one: string, other: string): number => logNumber(one) - logNumber(other);

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
