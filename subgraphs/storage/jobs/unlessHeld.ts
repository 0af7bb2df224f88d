import { type EnqueueOptions, enqueue } from '../../../platform/work/enqueue.js';
import { storageLimits } from '../domain/limits.js';
import type { Dependencies } from '../usecases/dependencies.js';
import { ObjectsHeld } from '../usecases/ports.js';

/** A task as it was asked for. */
interface AskedTask extends Pick<EnqueueOptions, 'jobKey'> {
  readonly name: string;
  readonly payload: unknown;
}

/** Runs a task that deletes objects; where a backup holds them, it is asked for again in a moment. */
export async function unlessHeld(
  { database, clock }: Pick<Dependencies, 'database' | 'clock'>,
  { name, payload, jobKey }: AskedTask,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ObjectsHeld)) throw error;
    const runAt = new Date(clock.now().getTime() + storageLimits.heldRetryMs);
    await enqueue(database.sql, name, payload, { runAt, ...(jobKey === undefined ? {} : { jobKey }) });
  }
}
