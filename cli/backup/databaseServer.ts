import pg from 'pg';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { holdDeletions } from '../../platform/database/deletionHold.js';
import { hasCluster } from '../../platform/database/embedded/cluster.js';
import { readDatabaseFile } from '../../platform/database/embedded/databaseFile.js';
import { findPostmaster } from '../../platform/database/embedded/postmaster.js';
import { databaseOf, superuserUrl } from '../../platform/database/embedded/urls.js';
import { startEmbeddedDatabase } from '../../platform/database/startEmbeddedDatabase.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import type { Environment } from '../environment.js';
import { BackupError } from './backupError.js';
import { quietLog } from './quietLog.js';
import { refusePartOfSeveral } from './refusePartOfSeveral.js';

/** One backup of a home at a time: the advisory lock that it has in storage's database. */
const backupLock = 7_016_658;

/** The server with all databases while it is backed up: nothing that they name is deleted. */
export interface HeldServer {
  readonly superuserUrl: string;
  readonly major: number;
  /** @throws BackupError where the hold was lost meanwhile: what was copied since may lack something */
  stillHeld(): Promise<void>;
}

/**
 * Works with a home's server, which runs or is started for the time, and holds deletions meanwhile.
 * @throws BackupError, DatabaseStartError
 */
export async function withHeldServer<Outcome>(
  { environment, signal }: { readonly environment: Environment; readonly signal: AbortSignal },
  work: (server: HeldServer) => Promise<Outcome>,
): Promise<Outcome> {
  refuseExternal(environment);
  refusePartOfSeveral(
    subgraphNames.filter((name) => environment.peerUrls[name] !== undefined),
    'backed up',
  );
  const { home } = environment;
  if (!(await hasCluster(home))) {
    throw new BackupError(`${home} has no databases; name the data folder with TOLLGATE_HOME or --config.`);
  }
  if ((await findPostmaster(home)) !== undefined) {
    const { port } = await connectEmbeddedDatabase(home);
    const password = (await readDatabaseFile(home))?.superuserPassword ?? '';
    return hold({ home, url: superuserUrl(password, port), signal }, work);
  }
  const server = await startEmbeddedDatabase({ home, services: [], log: quietLog });
  try {
    return await hold({ home, url: server.superuserUrl, signal }, work);
  } finally {
    await server.stop();
  }
}

/** Several servers have no point in time in common; this one's has all five. */
function refuseExternal({ databases }: Environment): void {
  const names = Object.keys(databases);
  if (names.length === 0) return;
  throw new BackupError(
    `The databases of ${names.join(', ')} are on a server of their own (databaseUrl), which Tollgate cannot copy; back that server up ` +
      'by its own means, as docs/operations.md tells under "Databases of your own".',
  );
}

async function hold<Outcome>(
  { home, url, signal }: { readonly home: string; readonly url: string; readonly signal: AbortSignal },
  work: (server: HeldServer) => Promise<Outcome>,
): Promise<Outcome> {
  const address = new URL(url);
  address.pathname = `/${databaseOf('storage')}`;
  const client = new pg.Client({
    connectionString: address.href,
    application_name: 'tollgate backup',
    keepAlive: true,
  });
  client.on('error', () => undefined);
  // One that came while the server was being started is told to no listener.
  signal.throwIfAborted();
  // Also out of the wait for deletions that are under way.
  signal.addEventListener('abort', () => void client.end().catch(() => undefined));
  await client.connect().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupError(`The databases of ${home} do not answer (${reason}); start Tollgate anew and try again.`);
  });
  const stillHeld = async (): Promise<void> => {
    await client.query('select 1').catch((error: unknown) => {
      throw new BackupError('The database was stopped while it was backed up; start it and try again.', {
        cause: error,
      });
    });
  };
  try {
    const { rows } = await client.query<{ isFirst: boolean; major: number }>(
      `select pg_try_advisory_lock(${backupLock}) as "isFirst", current_setting('server_version_num')::int / 10000 as major`,
    );
    if (rows[0]?.isFirst !== true) {
      throw new BackupError(`Another backup of ${home} is under way; wait until it is done, or end it.`);
    }
    await holdDeletions(client);
    return await work({ superuserUrl: url, major: rows[0].major, stillHeld });
  } catch (error) {
    // What failed may have failed because the server has gone, wherever it was in its work.
    if (!(error instanceof BackupError)) await stillHeld();
    throw error;
  } finally {
    await client.end();
  }
}
