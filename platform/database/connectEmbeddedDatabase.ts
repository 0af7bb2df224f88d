import { connect } from 'node:net';
import { resolve } from 'node:path';
import { DatabaseNotThereError } from './databaseNotThereError.js';
import { readDatabaseFile } from './embedded/databaseFile.js';
import { type ServiceUrls, serviceUrls } from './embedded/urls.js';

const probeMsMax = 2_000;

/** The embedded database of a home, as seen by a service in a process that does not keep the server. */
export interface EmbeddedDatabaseAccess {
  readonly port: number;
  /** @throws DatabaseStartError for a service that the server was not started for */
  urls(service: string): ServiceUrls;
}

/**
 * Finds the server that `tollgate start database`, or a Tollgate in one process, runs in the home.
 * @throws DatabaseNotThereError when none was ever started there or none listens
 */
export async function connectEmbeddedDatabase(home: string): Promise<EmbeddedDatabaseAccess> {
  const file = await readDatabaseFile(resolve(home));
  if (file === undefined || file.port === null || !(await isListening(file.port))) {
    throw new DatabaseNotThereError(
      `No database runs in ${resolve(home)}; start it with \`tollgate start database\` and the same TOLLGATE_HOME.`,
    );
  }
  const { port } = file;
  return { port, urls: (service) => serviceUrls(file, port, service) };
}

async function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: probeMsMax });
    const finish = (listening: boolean) => {
      socket.destroy();
      answer(listening);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
