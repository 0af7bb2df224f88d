import pg from 'pg';
import { databaseConnectionTrouble } from '../platform/database/databaseAddress.js';
import { DatabaseNotThereError } from '../platform/database/databaseNotThereError.js';
import { DatabaseStartError } from '../platform/database/databaseStartError.js';
import type { SubgraphName } from '../platform/kernel/services.js';
import type { DatabaseUrls } from '../platform/server/settings.js';

const CONNECT_MS_MAX = 10_000;

/**
 * Sees that a database of an operator's own lets both roles in, before anything of the service starts.
 * @throws DatabaseNotThereError where it cannot be reached; DatabaseStartError where it does not let them in: with the cause, the variable that names the database, and the remedy; never with a password
 */
export async function requireDatabase(service: SubgraphName, { ownerUrl, appUrl }: DatabaseUrls): Promise<void> {
  const variable = service.toUpperCase();
  for (const [name, url] of [
    [`${variable}_MIGRATION_URL`, ownerUrl],
    [`${variable}_DATABASE_URL`, appUrl],
  ] as const) {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'tollgate start',
      connectionTimeoutMillis: CONNECT_MS_MAX,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      const tlsTrouble = databaseConnectionTrouble(error, url);
      if (tlsTrouble !== null) throw new DatabaseStartError(tlsTrouble, { cause: error });
      const sentence = sentenceOf(error, name, new URL(url));
      throw isForOperator(error)
        ? new DatabaseStartError(sentence, { cause: error })
        : new DatabaseNotThereError(sentence, { cause: error });
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** What the server refuses for as long as nobody changes it; whatever else is the way to it, or its being busy or starting up. */
const isForOperator = (error: unknown): boolean =>
  ['28P01', '28000', '3D000', '42501'].includes((error as NodeJS.ErrnoException).code ?? '');

function sentenceOf(error: unknown, variable: string, url: URL): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const place = `${url.hostname}:${url.port === '' ? '5432' : url.port}`;
  const role = decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1));
  switch (code) {
    case '28P01':
    case '28000':
      return `The database at ${place} does not let the role ${role} in (${code}: wrong password or role); correct ${variable}.`;
    case '3D000':
      return `The server at ${place} has no database ${database}; make it, or correct ${variable}.`;
    case '42501':
      return `The role ${role} may not connect to ${database} at ${place}; grant it CONNECT, or correct ${variable}.`;
    case '53300':
      return `The server at ${place} takes no more connections; raise its max_connections, or end other clients (${variable}).`;
    case '57P03':
      return `The server at ${place} is still starting up (${variable}); try again in a moment.`;
    default:
      return `The database at ${place} cannot be reached (${code === '' ? message : code}); start it, or correct ${variable}.`;
  }
}
