import type { WorkerEvents } from 'graphile-worker';

/** Failures in a row to look for a task, of all workers of a runner together, after which they are taken for stuck. */
const failuresMax = 5;

/**
 * Resolves when a runner will find no more tasks by itself: Graphile Worker 0.16 keeps the answer to its first question
 * (the ids of its tasks) even if that was an error, as when the connection is cut at that moment, and goes on failing
 * with it for ever; and it goes on without workers when all of them have ended. Neither ends the runner.
 */
export function whenStuck(events: WorkerEvents): Promise<void> {
  return new Promise((resolve) => {
    let failures = 0;
    let workers = 0;
    const answered = (): void => {
      failures = 0;
    };
    events.on('worker:getJob:empty', answered);
    events.on('job:start', answered);
    events.on('worker:getJob:error', () => {
      failures += 1;
      if (failures >= failuresMax) resolve();
    });
    events.on('worker:create', () => {
      workers += 1;
    });
    events.on('worker:stop', () => {
      workers -= 1;
      if (workers === 0) resolve();
    });
  });
}
