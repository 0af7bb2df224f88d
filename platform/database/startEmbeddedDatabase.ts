import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DatabaseLog } from './databaseLog.js';
import { DatabaseStartError } from './databaseStartError.js';
import { createCluster, hasCluster } from './embedded/cluster.js';
import {
  type DatabaseFile,
  readDatabaseFile,
  readOrMakeDatabaseFile,
  writeDatabaseFile,
} from './embedded/databaseFile.js';
import { type FreeBytes, freeBytesOnDisk, prepareHome } from './embedded/home.js';
import { nativeFolder } from './embedded/nativeFolder.js';
import { nativePackage } from './embedded/nativePackage.js';
import { obtainServer, type ServerRecipe } from './embedded/obtainServer.js';
import { provisionServices } from './embedded/provision.js';
import { serverUser } from './embedded/serverUser.js';
import { supervise } from './embedded/supervise.js';
import { type ServiceUrls, serviceUrls, superuserUrl } from './embedded/urls.js';

/** PostgreSQL's own default: five services with small pools, the workers and a person's psql fit. */
const maxConnectionsDefault = 100;

/** How the embedded database is started. */
export interface EmbeddedDatabaseOptions {
  /** TOLLGATE_HOME: the data, the passwords and the log are kept under it. */
  readonly home: string;
  /** Each gets a database and two roles. */
  readonly services: readonly string[];
  readonly log: DatabaseLog;
  /** Whether a commit is on the disk before it is acknowledged; true unless told, and only tests say false. */
  readonly fsync?: boolean;
  /** A port for tests; the file system's answer unless told. */
  readonly freeBytes?: FreeBytes;
  readonly maxConnections?: number;
  /** Ends the waiting for a server that recovers; it is stopped. */
  readonly stopping?: AbortSignal | undefined;
}

/** A running embedded database that this process keeps. */
export interface EmbeddedDatabase {
  /** Of 127.0.0.1; the same after every restart unless another program took it. */
  readonly port: number;
  /** The server's process; another one after it was restarted. */
  readonly pid: number;
  readonly superuserUrl: string;
  /** @throws DatabaseStartError for a service that was not named at the start */
  urls(service: string): ServiceUrls;
  /** Ends the server, with its connections, and returns when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL server under a home, or takes over the one that a killed Tollgate left running there, and
 * restarts it should it die.
 * @throws DatabaseStartError in one sentence, when it cannot
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const user = await serverUser();
  await prepareHome({ home: resolve(options.home), user, freeBytes: options.freeBytes ?? freeBytesOnDisk });
  // By its real path, so that a start through a symbolic link knows the server that was started without.
  const home = await realpath(options.home);
  const native = await nativeFolder({ home, source: await nativePackage(), user });
  const file = await ensureCluster({ home, native, user });
  const recipe: ServerRecipe = {
    home,
    native,
    user,
    fsync: options.fsync ?? true,
    maxConnections: options.maxConnections ?? maxConnectionsDefault,
    superuserPassword: file.superuserPassword,
    log: options.log,
  };
  const server = await obtainServer(recipe, { port: file.port, stopping: options.stopping });
  const supervised = supervise(server, recipe);
  try {
    const provisioned = await provisionServices(server.keeper.client, { services: options.services, file });
    await writeDatabaseFile(home, { ...provisioned, port: server.port });
    return {
      port: server.port,
      get pid() {
        return supervised.pid();
      },
      superuserUrl: superuserUrl(file.superuserPassword, server.port),
      urls: (service) => serviceUrls(provisioned, server.port, service),
      stop: supervised.stop,
    };
  } catch (error) {
    await supervised.stop();
    throw error;
  }
}

/** The passwords come first, since initdb sets the superuser's; data without them could not be opened. */
async function ensureCluster(place: Pick<ServerRecipe, 'home' | 'native' | 'user'>): Promise<DatabaseFile> {
  if (!(await hasCluster(place.home))) {
    const file = await readOrMakeDatabaseFile(place.home);
    await createCluster({ ...place, superuserPassword: file.superuserPassword });
    return file;
  }
  const file = await readDatabaseFile(place.home);
  if (file !== undefined) return file;
  throw new DatabaseStartError(
    `${join(place.home, 'run', 'database.json')} is missing, which holds the passwords of the data beside it; ` +
      'restore it from a backup or choose another TOLLGATE_HOME.',
  );
}
