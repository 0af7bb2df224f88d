import type { SqlSession } from '../../../platform/database/sql.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { storageLimits } from '../domain/limits.js';
import { beginPurge } from '../usecases/beginPurge.js';
import type { Dependencies } from '../usecases/dependencies.js';
import { SWEEP_TASK, TIDY_TASK } from '../usecases/tasks.js';

const INTERVAL_MS = 60_000;

/**
 * Ends uploads whose time is over, gives their reservations back and has their parts deleted; begins to purge drives that
 * have been READ_ONLY for their time; asks for the next run.
 */
export async function sweepUploads({ database, clock }: Dependencies): Promise<void> {
  // First, so that one failing run does not end all later ones.
  await askForSweep(database.sql, { runAt: new Date(clock.now().getTime() + INTERVAL_MS) });
  await database.transaction(async ({ sql, uploads }) => {
    for (const uploadId of await uploads.expire(null, clock.now(), storageLimits.sweepMax)) {
      await enqueue(sql, TIDY_TASK, { uploadId });
    }
  });
  await database.transaction(async (records) => {
    const now = clock.now();
    const ended = new Date(now.getTime() - storageLimits.readOnlyMs);
    for (const driveId of await records.purges.due(ended, storageLimits.sweepMax)) {
      await beginPurge(records, driveId, now);
    }
  });
}

/** Asks for one run of the sweeper, at once unless told; there is never more than one waiting. */
export async function askForSweep(sql: SqlSession, { runAt }: { readonly runAt?: Date } = {}): Promise<void> {
  await enqueue(sql, SWEEP_TASK, {}, { jobKey: SWEEP_TASK, ...(runAt === undefined ? {} : { runAt }) });
}
