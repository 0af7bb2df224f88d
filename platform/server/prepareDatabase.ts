import { join } from 'node:path';
import { databaseConnectionTrouble, databaseFilesTrouble } from '../database/databaseAddress.js';
import { DatabaseStartError } from '../database/databaseStartError.js';
import { migrate } from '../database/migrate.js';
import { packageRoot, packageVersion } from '../kernel/packageRoot.js';
import type { SubgraphName } from '../kernel/services.js';
import { migrateWork } from '../work/migrateWork.js';
import type { DatabaseUrls } from './settings.js';

/**
 * Brings a subgraph's database up to date as its owner: the tables every subgraph has, its own, and the durable work's.
 * The owner's connections are closed afterwards; the service itself works as the app role.
 * @param tell is told once where another process migrates it, and is waited for
 * @throws MigrationError in one sentence where the database is newer than the program or was changed by hand;
 * DatabaseStartError where the server's certificate is no good, or a file that its address names
 */
export async function prepareDatabase(
  service: SubgraphName,
  { ownerUrl, appUrl }: DatabaseUrls,
  tell: (sentence: string) => void = () => undefined,
): Promise<void> {
  for (const url of [ownerUrl, appUrl]) {
    const trouble = databaseFilesTrouble(url);
    if (trouble !== null) throw new DatabaseStartError(`The address of ${service}'s database ${trouble}.`);
  }
  try {
    await bringUpToDate(service, { ownerUrl, appUrl }, tell);
  } catch (error) {
    const trouble = databaseConnectionTrouble(error, ownerUrl);
    throw trouble === null ? error : new DatabaseStartError(trouble, { cause: error });
  }
}

async function bringUpToDate(
  service: SubgraphName,
  { ownerUrl, appUrl }: DatabaseUrls,
  tell: (sentence: string) => void,
): Promise<void> {
  const appRole = decodeURIComponent(new URL(appUrl).username);
  const folder = (name: string) => join(packageRoot, 'prisma', name, 'migrations');
  let isTold = false;
  const waiting = (): void => {
    // There are three things to bring up to date, each under a lock.
    if (!isTold)
      tell(`${service} waits for another process that migrates its database, and goes on when that one is done.`);
    isTold = true;
  };
  const common = { ownerUrl, appRole, programVersion: packageVersion, waiting };
  await migrate({ ...common, folder: folder('platform'), schema: 'platform' });
  await migrate({ ...common, folder: folder(service), schema: 'public' });
  await migrateWork(ownerUrl, appRole, waiting);
}
