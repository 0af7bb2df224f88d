import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../platform/server/log.js';
import type { ControllerConfig } from '../config.js';
import { untilDone } from '../gateway/retry.js';
import type { JobReport, Lease, LeaseReference, Tollgate } from '../gateway/tollgate.js';
import type { ChosenIsolation } from '../isolation/chooseIsolation.js';
import type { JobOutbox } from '../outbox.js';
import type { CoreBook } from './coreBook.js';
import { endingOf, type StopReason } from './endingOf.js';
import { fetchInputs, InputError } from './fetchInputs.js';
import { makeJobFolder, removeJobFolder } from './jobFolder.js';
import { jobLog } from './jobLog.js';
import { coresOf, programLimits } from './programLimits.js';
import { type RunningProcess, runProcess } from './runProcess.js';
import { watchUsage } from './watchUsage.js';

/** What a job is run with. */
interface JobRun {
  readonly config: ControllerConfig;
  readonly chosen: ChosenIsolation;
  readonly tollgate: Tollgate;
  readonly outbox: JobOutbox;
  readonly slot: number;
  readonly coreBook: CoreBook;
  readonly folder: string;
  readonly lease: Lease;
  /** Aborted with a StopReason when the job is to end. */
  readonly stop: AbortSignal;
  readonly log: Logger;
}

const RUNNING_SEQUENCE = 1;
const FINAL_SEQUENCE = 2;
type Report = Omit<JobReport, 'logSequence' | 'sequence'>;

/**
 * Runs one leased job from its inputs to its final report in the outbox, and leaves nothing of it on the machine. It
 * is reported RUNNING, and that is acknowledged, before its program is started: from then on Tollgate gives it to
 * nobody else, so that no job runs twice.
 */
export async function runJob(run: JobRun): Promise<void> {
  const report = await runToEnd(run).catch((error: unknown): Report => {
    run.log.error({ err: error, jobId: run.lease.job.id }, 'a job could not be run');
    return nodeFailed('The controller could not run it.');
  });
  await run.chosen.isolation.cleanUp(run.slot, null).catch(() => undefined);
  await removeJobFolder(run.folder).catch(() => undefined);
  await run.outbox.addReport({ ...report, sequence: FINAL_SEQUENCE });
}

async function runToEnd(run: JobRun): Promise<Report> {
  const { lease, chosen, folder, slot, stop } = run;
  if (lease.isolationRequired && !chosen.isolates) return { status: 'FAILED', reason: 'NOT_ISOLATED', ...endedNow() };
  // Compute refuses these when they are submitted; programs are given no devices here.
  if (lease.job.resources.gpus > 0) return nodeFailed('RESOURCES_UNAVAILABLE: there are no GPUs here.');
  if (coresOf(lease.job.resources) > run.config.cores) {
    return nodeFailed(`RESOURCES_UNAVAILABLE: there are ${run.config.cores} cores here.`);
  }
  try {
    await makeJobFolder(folder);
    await fetchInputs(join(folder, 'work'), lease.inputs, run.config.scratchBytesMax, stop);
  } catch (error) {
    if (stop.aborted) return stoppedBefore(stop);
    if (error instanceof InputError) return nodeFailed(error.message);
    throw error;
  }
  const argv = await programOf(run);
  await chosen.isolation.prepare(slot, folder);
  const announced = await announce(run);
  return announced === 'TAKEN' && !stop.aborted ? runProgram(run, argv) : stoppedBefore(stop);
}

/** The command, or the script as a file that the job can read and not change its name. */
async function programOf({ lease, folder, chosen }: JobRun): Promise<readonly string[]> {
  if (lease.script === null) return lease.job.command ?? [];
  const path = join(folder, 'script');
  await writeFile(path, lease.script);
  await chmod(path, 0o500);
  return [join(chosen.isolation.inside(folder), 'script')];
}

const announce = ({ tollgate, lease, stop }: JobRun) =>
  untilDone(
    () =>
      tollgate.reportJob(referenceOf(lease), {
        sequence: RUNNING_SEQUENCE,
        status: 'RUNNING',
        startedAt: new Date().toISOString(),
      }),
    stop,
  );

/** How a lease is named in calls. */
export const referenceOf = ({ job, lease, fencingToken }: Lease): LeaseReference => ({
  jobId: job.id,
  lease,
  fencingToken,
});

async function runProgram(run: JobRun, argv: readonly string[]): Promise<Report> {
  const taken = run.coreBook.take(coresOf(run.lease.job.resources));
  try {
    return await runOn(taken.cores, run, argv);
  } finally {
    taken.giveBack();
  }
}

async function runOn(cores: readonly number[], run: JobRun, argv: readonly string[]): Promise<Report> {
  const { config, chosen, folder, slot, lease, outbox, stop } = run;
  const { limits, memoryBytesMax } = programLimits(config, lease.job.resources, cores);
  const log = jobLog((lines) => outbox.addLog(lines));
  const running = runProcess(chosen.isolation, slot, { argv, folder, limits }, log.write);
  let reason: StopReason | null = null;
  const stopFor = (why: StopReason): void => {
    if (reason !== null) return;
    reason = why;
    log.note(why.note);
    endGroup(running, config.killGraceMs);
  };
  const wallTimer = setTimeout(
    () =>
      stopFor({
        status: 'TIMED_OUT',
        note: `Stopped: its wall time of ${lease.job.resources.wallTimeSeconds} s is over.`,
      }),
    lease.job.resources.wallTimeSeconds * 1_000,
  );
  const onStop = (): void => stopFor(stop.reason as StopReason);
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  const endWatch = watchUsage(
    { isolation: chosen.isolation, slot, leader: running.pid ?? 0, folder },
    { coresMax: coresOf(lease.job.resources), memoryBytesMax, scratchBytesMax: config.scratchBytesMax },
    (note) => stopFor({ status: 'FAILED', note }),
  );
  const ending = await running.ended.finally(() => {
    clearTimeout(wallTimer);
    stop.removeEventListener('abort', onStop);
    endWatch();
  });
  await log.close();
  return endingOf(running.startedAt, ending, reason);
}

/** Asks the group to end, and makes it end after the grace time. */
function endGroup(running: RunningProcess, graceMs: number): void {
  running.kill('SIGTERM');
  const timer = setTimeout(() => running.kill('SIGKILL'), graceMs);
  void running.ended.then(() => clearTimeout(timer));
}

const endedNow = () => ({ endedAt: new Date().toISOString() });

const nodeFailed = (reason: string): Report => ({ status: 'NODE_FAILED', reason, ...endedNow() });

/** The end of a job whose program was never started: nothing is charged for it. */
function stoppedBefore(stop: AbortSignal): Report {
  const reason = stop.aborted ? (stop.reason as StopReason) : null;
  return { status: reason?.status ?? 'NODE_FAILED', ...endedNow() };
}
