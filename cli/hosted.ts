import { connectEmbeddedDatabase } from '../platform/database/connectEmbeddedDatabase.js';
import { databaseRightsTrouble } from '../platform/database/databaseRightsTrouble.js';
import type { ServiceName, SubgraphName } from '../platform/kernel/services.js';
import { lockService } from '../platform/server/runDirectory.js';
import type { DatabaseUrls, RunningService } from '../platform/server/settings.js';
import type { Environment } from './environment.js';
import { requireDatabase } from './requireDatabase.js';
import { serviceSettings } from './serviceSettings.js';
import type { ServiceTransport } from './serviceTls.js';

/** Loaded when first asked for: a process that runs one service loads no other. */
const load = {
  gateway: () => import('../gateway/main.js'),
  identity: () => import('../subgraphs/identity/main.js'),
  access: () => import('../subgraphs/access/main.js'),
  accounting: () => import('../subgraphs/accounting/main.js'),
  storage: () => import('../subgraphs/storage/main.js'),
  compute: () => import('../subgraphs/compute/main.js'),
} satisfies Record<ServiceName, () => Promise<unknown>>;

/** The gateway keeps nothing. */
const NO_DATABASE: DatabaseUrls = { ownerUrl: '', appUrl: '' };

/**
 * Loads services' programs ahead of their start, so that this takes place while the database starts. What cannot be
 * loaded is left for the start to tell.
 */
export async function loadAhead(services: readonly ServiceName[]): Promise<void> {
  for (const service of services) await load[service]().catch(() => undefined);
}

/**
 * Starts one service in this process: takes its lock on the home, starts it, and tells its peers where it listens.
 * @throws ServiceStartError, DatabaseStartError or MigrationError, each with one sentence; the lock is given back
 */
export async function hostService(
  environment: Environment,
  service: ServiceName,
  transport?: ServiceTransport,
): Promise<RunningService> {
  const lock = await lockService(environment.home, service);
  try {
    const running = await start(environment, service, transport);
    await lock.announce(running.url);
    return {
      name: service,
      url: running.url,
      retire: running.retire,
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

async function start(
  environment: Environment,
  service: ServiceName,
  transport?: ServiceTransport,
): Promise<RunningService> {
  if (service === 'gateway') {
    const { startGateway } = await load.gateway();
    return startGateway(await serviceSettings(environment, 'gateway', NO_DATABASE, transport));
  }
  const database = await databaseOf(environment, service, transport?.stopping);
  try {
    return await startSubgraph(environment, service, database, transport);
  } catch (error) {
    throw databaseRightsTrouble(error, { service, urls: database, by: 'app' }) ?? error;
  }
}

async function startSubgraph(
  environment: Environment,
  service: SubgraphName,
  database: DatabaseUrls,
  transport?: ServiceTransport,
): Promise<RunningService> {
  switch (service) {
    case 'identity':
      return (await load.identity()).startIdentity(await serviceSettings(environment, service, database, transport));
    case 'accounting':
      return (await load.accounting()).startAccounting(
        await serviceSettings(environment, service, database, transport),
      );
    case 'storage':
      return (await load.storage()).startStorage(await serviceSettings(environment, service, database, transport));
    case 'compute':
      return (await load.compute()).startCompute(await serviceSettings(environment, service, database, transport));
    case 'access':
      return (await load.access()).startAccess(await serviceSettings(environment, service, database, transport));
  }
}

async function databaseOf(
  environment: Environment,
  service: SubgraphName,
  stopping: AbortSignal | undefined,
): Promise<DatabaseUrls> {
  const external = environment.databases[service];
  if (external === undefined) return (await connectEmbeddedDatabase(environment.home)).urls(service);
  await requireDatabase(service, external, stopping);
  return external;
}
