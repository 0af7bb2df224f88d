import { enqueue } from '../../../platform/work/enqueue.js';
import type { DirectoryChecks } from '../usecases/ports/directory.js';
import { DIRECTORY_TASK } from '../usecases/ports/tasks.js';
import type { Connection } from './database.js';

/** When the next look at everybody of the directory is. */
export const directoryChecksOf = (connection: Connection): DirectoryChecks => ({
  async askForRun(runAt) {
    await enqueue(
      connection,
      DIRECTORY_TASK,
      {},
      { jobKey: DIRECTORY_TASK, ...(runAt === undefined ? {} : { runAt }) },
    );
  },
});
