import { join } from 'node:path';
import { databaseConnectionTrouble, databaseFilesTrouble } from '../database/databaseAddress.js';
import { databaseRightsTrouble } from '../database/databaseRightsTrouble.js';
import { DatabaseStartError } from '../database/databaseStartError.js';
import { migrate } from '../database/migrate.js';
import { requireFitDatabase } from '../database/requireFitDatabase.js';
import { packageRoot, packageVersion } from '../kernel/packageRoot.js';
import type { SubgraphName } from '../kernel/services.js';
import { migrateWork } from '../work/migrateWork.js';
import type { DatabaseUrls } from './settings.js';

/**
 * Brings a subgraph's database up to date as its owner: the tables every subgraph has, its own, and the durable work's.
 * The owner's connections are closed afterwards; the service itself works as the app role.
 * @param signal ends it, with its connections
 * @param tell is told once where another process migrates it, and is waited for
 * @throws MigrationError in one sentence where the database is newer than the program or was changed by hand;
 * DatabaseStartError where the server's certificate is no good, or a file that its address names; where the roles may not, or may do more
 * than they should; where the database is another service's
 */
export async function prepareDatabase(
  service: SubgraphName,
  { ownerUrl, appUrl }: DatabaseUrls,
  tell: (sentence: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  const urls = { ownerUrl, appUrl };
  for (const url of [ownerUrl, appUrl]) {
    const trouble = databaseFilesTrouble(url);
    if (trouble !== null) throw new DatabaseStartError(`The address of ${service}'s database ${trouble}.`);
  }
  try {
    await requireFitDatabase(service, urls, { migrationsOf, ...(signal === undefined ? {} : { signal }) });
    await bringUpToDate(service, urls, tell, signal);
  } catch (error) {
    const trouble = databaseConnectionTrouble(error, ownerUrl);
    if (trouble !== null) throw new DatabaseStartError(trouble, { cause: error });
    throw databaseRightsTrouble(error, { service, urls, by: 'owner' }) ?? error;
  }
}

const migrationsOf = (name: string): string => join(packageRoot, 'prisma', name, 'migrations');

async function bringUpToDate(
  service: SubgraphName,
  { ownerUrl, appUrl }: DatabaseUrls,
  tell: (sentence: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const appRole = decodeURIComponent(new URL(appUrl).username);
  let isTold = false;
  const waiting = (): void => {
    // There are three things to bring up to date, each under a lock.
    if (!isTold)
      tell(`${service} waits for another process that migrates its database, and goes on when that one is done.`);
    isTold = true;
  };
  const common = { ownerUrl, appRole, programVersion: packageVersion, waiting, signal };
  await migrate({ ...common, folder: migrationsOf('platform'), schema: 'platform' });
  await migrate({ ...common, folder: migrationsOf(service), schema: 'public' });
  await migrateWork(ownerUrl, appRole, waiting, signal);
}
