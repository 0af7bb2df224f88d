import pg from 'pg';
import { databaseConnectionTrouble, databaseFilesTrouble } from '../platform/database/databaseAddress.js';
import { DatabaseNotThereError } from '../platform/database/databaseNotThereError.js';
import { databasePlace } from '../platform/database/databasePlace.js';
import { DatabaseStartError } from '../platform/database/databaseStartError.js';
import { readOnlyError } from '../platform/database/readOnlyError.js';
import { untilAborted } from '../platform/database/untilAborted.js';
import type { SubgraphName } from '../platform/kernel/services.js';
import type { DatabaseUrls } from '../platform/server/settings.js';

const CONNECT_MS_MAX = 10_000;

const LOOK = `select oid || ' ' || datname as identity, current_setting('transaction_read_only') = 'on' as "isReadOnly"
  from pg_database where datname = current_database()`;

/**
 * Sees that a database of an operator's own lets both roles in, that they come to the same one, and that it takes writes, before
 * anything of the service starts.
 * @param signal ends the asking
 * @throws DatabaseNotThereError where it cannot be reached, or takes no writes; DatabaseStartError where it does not let them in: with the
 * cause, the variable that names the database, and the remedy; never with a password
 */
export async function requireDatabase(
  service: SubgraphName,
  { ownerUrl, appUrl }: DatabaseUrls,
  signal?: AbortSignal,
): Promise<void> {
  const [migrating, serving] = [`${service.toUpperCase()}_MIGRATION_URL`, `${service.toUpperCase()}_DATABASE_URL`];
  const migrated = await enter(ownerUrl, migrating, signal);
  const served = await enter(appUrl, serving, signal);
  if (migrated === served) return;
  const [first, second] = [databasePlace(ownerUrl), databasePlace(appUrl)];
  throw new DatabaseStartError(
    `${migrating} leads to the database ${first.database} at ${first.place} and ${serving} to another, ${second.database} at ${second.place}; ` +
      'correct the one that is wrong.',
  );
}

/** @returns which database it is */
async function enter(url: string, variable: string, signal: AbortSignal | undefined): Promise<string> {
  const fileTrouble = databaseFilesTrouble(url);
  if (fileTrouble !== null) throw new DatabaseStartError(`${variable} ${fileTrouble}.`);
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tollgate start',
    connectionTimeoutMillis: CONNECT_MS_MAX,
    ...untilAborted(signal),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const [found] = (await client.query<{ identity: string; isReadOnly: boolean }>(LOOK)).rows;
    if (found?.isReadOnly !== false) throw readOnlyError(url, variable);
    return found.identity;
  } catch (error) {
    if (error instanceof DatabaseStartError) throw error;
    const tlsTrouble = databaseConnectionTrouble(error, url);
    if (tlsTrouble !== null) throw new DatabaseStartError(tlsTrouble, { cause: error });
    const sentence = sentenceOf(error, variable, url);
    throw isForOperator(error)
      ? new DatabaseStartError(sentence, { cause: error })
      : new DatabaseNotThereError(sentence, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What the server refuses for as long as nobody changes it; whatever else is the way to it, or its being busy or starting up. */
const isForOperator = (error: unknown): boolean =>
  ['28P01', '28000', '3D000', '42501'].includes((error as NodeJS.ErrnoException).code ?? '');

function sentenceOf(error: unknown, variable: string, url: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const { place, role, database } = databasePlace(url);
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
