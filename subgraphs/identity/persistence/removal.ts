import { enqueue } from '../../../platform/work/enqueue.js';
import { identityLimits } from '../domain/limits.js';
import type { Removal } from '../usecases/ports/removal.js';
import { REMOVE_TASK } from '../usecases/ports/tasks.js';
import type { Connection } from './database.js';

/** Removes what is over, by the owner's function: the serving role can remove nothing that is live. */
export const removalOf = (connection: Connection): Removal => ({
  async removeOver(now, keptSince) {
    const rows = identityLimits.removalRowsMax;
    const [most] = await connection.$queryRawUnsafe<{ removed: bigint }[]>(
      'SELECT remove_what_is_over($1, $2, $3) AS removed',
      now,
      keptSince,
      rows,
    );
    return Number(most?.removed ?? 0n) >= rows;
  },

  async askForRun(runAt) {
    await enqueue(connection, REMOVE_TASK, {}, { jobKey: REMOVE_TASK, ...(runAt === undefined ? {} : { runAt }) });
  },
});
