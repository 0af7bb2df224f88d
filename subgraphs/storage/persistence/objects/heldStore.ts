import { mayDelete } from '../../../../platform/database/deletionHold.js';
import { type Database, type ObjectStore, ObjectsHeld } from '../../usecases/ports.js';

/** Objects of one transaction: even on a slow disk it ends in time. */
const BATCH = 200;
/** Above what a driver takes for a batch at the longest, so that no deletion outlives the lock that it is made under. */
const TRANSACTION_MS = 60_000;

/** Deletes nothing while a backup copies what its point in time names; the transaction keeps a backup waiting meanwhile. */
export function heldStore(inner: ObjectStore, database: Pick<Database, 'transaction'>): ObjectStore {
  return {
    ...inner,
    async delete(...keys) {
      for (let from = 0; from < keys.length; from += BATCH) {
        await database.transaction(
          async ({ sql }) => {
            if (!(await mayDelete(sql))) throw new ObjectsHeld();
            await inner.delete(...keys.slice(from, from + BATCH));
          },
          { timeoutMs: TRANSACTION_MS },
        );
      }
    },
  };
}
