import { connectEmbeddedDatabase } from '../../../platform/database/connectEmbeddedDatabase.js';
import type { ServiceUrls } from '../../../platform/database/embedded/urls.js';
import { makeHome, startProgram } from '../../support/program.js';

/** A database server on a home of its own: one of an operator's, to services on another home. */
export interface DatabaseElsewhere {
  readonly home: string;
  urls(service: string): ServiceUrls;
  stop(): Promise<void>;
}

/** Starts it as a process. */
export async function startDatabaseElsewhere(): Promise<DatabaseElsewhere> {
  const { home, remove } = await makeHome();
  const database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
  await database.waitFor(/Ready: database/);
  const { urls } = await connectEmbeddedDatabase(home);
  return {
    home,
    urls,
    async stop() {
      await database.end('SIGTERM');
      await remove();
    },
  };
}
