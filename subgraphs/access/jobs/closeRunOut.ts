import type { SqlSession } from '../../../platform/database/sql.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { closeRunOut } from '../usecases/closeRunOut.js';
import type { Dependencies } from '../usecases/dependencies.js';
import { tasks } from '../usecases/ports/tasks.js';
import { runUnattended } from './runUnattended.js';

const INTERVAL_MS = 30_000;

/** The task that ends compute grants that are used up; it asks for its next run. Should it die, its chains are resumed. */
export const closeRunOutTask =
  (deps: Pick<Dependencies, 'database' | 'clock' | 'chains' | 'peers'>) => async (): Promise<void> => {
    // First, so that one failing run does not end all later ones.
    await askForRunOut(deps.database.sql, new Date(Date.now() + INTERVAL_MS));
    await closeRunOut(deps, (begun) => runUnattended(deps.chains.endGrant, begun));
  };

/** Asks for one run; there is never more than one waiting. */
export async function askForRunOut(sql: SqlSession, runAt: Date = new Date()): Promise<void> {
  await enqueue(sql, tasks.closeRunOut, {}, { jobKey: tasks.closeRunOut, runAt });
}
