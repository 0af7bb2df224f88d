import { enqueue } from '../../../platform/work/enqueue.js';
import { storageLimits } from '../domain/limits.js';
import type { Dependencies } from './dependencies.js';
import { ObjectsHeld } from './ports.js';
import { TIDY_TASK } from './tasks.js';

/**
 * Deletes an object of an upload that no row names any more. While a backup holds deletions a task does it afterwards, or,
 * where the upload is still open, the one that tidies it up when it ends.
 */
export async function discardObject(
  { database, objects, clock }: Pick<Dependencies, 'database' | 'objects' | 'clock'>,
  uploadId: string,
  key: string,
): Promise<void> {
  try {
    await objects.delete(key);
  } catch (error) {
    if (!(error instanceof ObjectsHeld)) throw error;
    const runAt = new Date(clock.now().getTime() + storageLimits.heldRetryMs);
    await enqueue(database.sql, TIDY_TASK, { uploadId }, { runAt });
  }
}
