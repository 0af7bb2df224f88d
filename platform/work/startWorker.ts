import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker';
import type { DatabaseLog } from '../database/databaseLog.js';
import { type Liveness, type ProcessHolding, startLiveness } from './liveness.js';
import { whenStuck } from './stuckWorker.js';
import { workLogger } from './workLogger.js';

const concurrencyDefault = 2;
const pollIntervalMsDefault = 1_000;
const restartMs = 500;
const giveUpAfterMs = 5_000;
const stopMsMax = 10_000;

/** What a task is told about its attempt. */
export interface TaskAttempt {
  readonly jobId: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Fires when a shutdown has waited long enough: a task that heeds it is run again by the next process. */
  readonly signal: AbortSignal;
}

/** A task: runs at least once for each job, so it must bear running twice; throwing means another attempt later. */
export type WorkTask = (payload: unknown, attempt: TaskAttempt) => Promise<void>;

/** How a worker is started. */
export interface WorkerOptions {
  /** The app role's address: `migrateWork` has given it what a worker needs. */
  readonly url: string;
  readonly tasks: Readonly<Record<string, WorkTask>>;
  readonly log: DatabaseLog;
  /** Tasks at the same time; 2 unless told. */
  readonly concurrency?: number;
  /** How often to look for tasks that fall due; those for now are heard of at once. 1,000 unless told. */
  readonly pollIntervalMs?: number;
  /** What else this process has while it lives, and others' of its kind have: a dead one's is given up as its tasks are. */
  readonly holdings?: readonly ProcessHolding[];
}

/** A running worker. */
export interface RunningWorker {
  /**
   * Takes no more tasks, waits for those that run (after 5 s they are told to give up), and disconnects. One that still
   * runs after 10 s is left to another process; this one is expected to end then.
   * @param handedOver until when this process still has what it holds, and vouches for it
   */
  stop(handedOver?: Promise<unknown>): Promise<void>;
}

/**
 * Runs a service's tasks until it is stopped, through restarts of the database: Graphile Worker that gave up, or that
 * no longer finds any task, is started again.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const liveness = startLiveness(options.url, options.log, options.holdings);
  const stopping = new AbortController();
  let runner: WatchedRunner | undefined;
  try {
    // Nothing is held before others can see that this process lives.
    await liveness.vouched;
    runner = await startRunner(options, liveness);
  } catch (error) {
    await liveness.stop();
    throw error;
  }
  const watching = watch(runner);

  async function watch(first: WatchedRunner): Promise<void> {
    runner = first;
    while (runner !== undefined) {
      await Promise.race([runner.promise.catch(() => undefined), runner.stuck]);
      // Ended or ending already, it says so by an error; one that is stuck lets its connections go.
      await runner.stop().catch(() => undefined);
      runner = stopping.signal.aborted ? undefined : await startAgain();
    }
  }

  async function drain(): Promise<void> {
    // It refuses to be stopped twice, and may be ending by itself at this moment.
    await runner?.stop().catch(() => undefined);
    await watching;
  }

  async function startAgain(): Promise<WatchedRunner | undefined> {
    while (!stopping.signal.aborted) {
      options.log.warn('work: the worker ended and is started again');
      try {
        liveness.forget();
        const again = await startRunner(options, liveness);
        if (!stopping.signal.aborted) return again;
        await again.stop();
      } catch (error) {
        options.log.error(`work: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(restartMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  return {
    async stop(handedOver = Promise.resolve()) {
      stopping.abort();
      const deadline = new AbortController();
      const late = sleep(stopMsMax, 'late', { signal: deadline.signal }).catch(() => undefined);
      if ((await Promise.race([drain(), late])) === 'late') options.log.warn('work: a task did not end and is left');
      deadline.abort();
      await handedOver.catch(() => undefined);
      // From here on what is still locked is anybody's.
      await liveness.stop();
    },
  };
}

/** Graphile Worker's, and the moment when it has to be started again although it has not ended. */
interface WatchedRunner extends Pick<Runner, 'promise' | 'stop'> {
  readonly stuck: Promise<void>;
}

async function startRunner(options: WorkerOptions, liveness: Liveness): Promise<WatchedRunner> {
  const concurrency = options.concurrency ?? concurrencyDefault;
  const events: WorkerEvents = new EventEmitter();
  events.on('worker:create', ({ worker }) => liveness.add(worker.workerId));
  const stuck = whenStuck(events);
  const { promise, stop } = await run({
    connectionString: options.url,
    // One connection listens, the others fetch and finish tasks.
    maxPoolSize: concurrency + 1,
    concurrency,
    pollInterval: options.pollIntervalMs ?? pollIntervalMsDefault,
    noHandleSignals: true,
    gracefulShutdownAbortTimeout: giveUpAfterMs,
    taskList: toTaskList(options.tasks),
    parsedCronItems: [],
    logger: workLogger(options.log),
    events,
  });
  return { promise, stop, stuck };
}

function toTaskList(tasks: WorkerOptions['tasks']): TaskList {
  const entries = Object.entries(tasks).map(([name, task]): [string, TaskList[string]] => [
    name,
    async (payload, { job, abortSignal }) => {
      await task(payload, {
        jobId: String(job.id),
        attempt: job.attempts,
        maxAttempts: job.max_attempts,
        signal: abortSignal ?? new AbortController().signal,
      });
    },
  ]);
  return Object.fromEntries(entries);
}
