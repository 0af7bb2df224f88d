import { startGateway } from '../gateway/main.js';
import { connectEmbeddedDatabase } from '../platform/database/connectEmbeddedDatabase.js';
import type { ServiceName, SubgraphName } from '../platform/kernel/services.js';
import { lockService } from '../platform/server/runDirectory.js';
import type { DatabaseUrls, RunningService } from '../platform/server/settings.js';
import { startAccess } from '../subgraphs/access/main.js';
import { startAccounting } from '../subgraphs/accounting/main.js';
import { startCompute } from '../subgraphs/compute/main.js';
import { startIdentity } from '../subgraphs/identity/main.js';
import { startStorage } from '../subgraphs/storage/main.js';
import type { Environment } from './environment.js';
import { serviceSettings } from './serviceSettings.js';

/** The gateway keeps nothing. */
const NO_DATABASE: DatabaseUrls = { ownerUrl: '', appUrl: '' };

/**
 * Starts one service in this process: takes its lock on the home, starts it, and tells its peers where it listens.
 * @throws ServiceStartError, DatabaseStartError or MigrationError, each with one sentence; the lock is given back
 */
export async function hostService(environment: Environment, service: ServiceName): Promise<RunningService> {
  const lock = await lockService(environment.home, service);
  try {
    const running = await start(environment, service);
    await lock.announce(running.url);
    return {
      name: service,
      url: running.url,
      async stop() {
        await running.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function start(environment: Environment, service: ServiceName): Promise<RunningService> {
  if (service === 'gateway') return startGateway(await serviceSettings(environment, 'gateway', NO_DATABASE));
  const database = await databaseOf(environment, service);
  switch (service) {
    case 'identity':
      return startIdentity(await serviceSettings(environment, 'identity', database));
    case 'accounting':
      return startAccounting(await serviceSettings(environment, 'accounting', database));
    case 'storage':
      return startStorage(await serviceSettings(environment, 'storage', database));
    case 'compute':
      return startCompute(await serviceSettings(environment, 'compute', database));
    case 'access':
      return startAccess(await serviceSettings(environment, 'access', database));
  }
}

async function databaseOf(environment: Environment, service: SubgraphName): Promise<DatabaseUrls> {
  return environment.databases[service] ?? (await connectEmbeddedDatabase(environment.home)).urls(service);
}
