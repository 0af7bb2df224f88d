import { auditReader } from '../../platform/audit/auditReader.js';
import { type FeedFollower, followFeed } from '../../platform/auth/feedFollower.js';
import { makeTrust } from '../../platform/auth/trust.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { httpFeedSource } from '../../platform/peers/httpFeedSource.js';
import { type Logger, makeLogger } from '../../platform/server/log.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startSubgraphServer } from '../../platform/server/subgraph.js';
import { startWorker } from '../../platform/work/startWorker.js';
import { type ComputeConfig, readComputeConfig } from './config.js';
import type { Context } from './context.js';
import { taskList } from './jobs/taskList.js';
import { type ComputeDatabase, connectDatabase } from './persistence/database.js';
import { makeLoaders } from './persistence/loaders.js';
import { resolvers } from './resolvers/index.js';
import { makeDependencies } from './subgraph.js';
import { makeUseCases } from './usecases/useCases.js';

/** What tests give in place of what compute takes by itself. */
interface ComputeExtras {
  readonly config?: ComputeConfig;
  readonly log?: Logger;
}

type ComputeSettings = ServiceSettings & { readonly service: 'compute' };

/**
 * Starts compute: migrates, makes the cluster `local` where it is missing, serves, and works its durable tasks.
 * @throws ServiceStartError, MigrationError, Error naming a variable of the environment
 */
export async function startCompute(settings: ComputeSettings, extras: ComputeExtras = {}): Promise<RunningService> {
  const config = extras.config ?? readComputeConfig(settings, settings.variables);
  const log = extras.log ?? makeLogger('compute', config.logLevel);
  await prepareDatabase('compute', settings.database, (sentence) => log.warn(sentence), settings.stopping);
  const database = connectDatabase(settings.database.appUrl);
  try {
    await database.clusters.ensure({
      id: wellKnown.clusterLocal,
      name: 'local',
      providerGroupId: wellKnown.groupLocal,
    });
    const feed = await followFeed(httpFeedSource(settings), database.feed, log);
    try {
      return await serve(settings, { config, log, database, feed });
    } catch (error) {
      await feed.stop();
      throw error;
    }
  } catch (error) {
    await database.disconnect();
    throw error;
  }
}

interface Parts {
  readonly config: ComputeConfig;
  readonly log: Logger;
  readonly database: ComputeDatabase;
  readonly feed: FeedFollower;
}

async function serve(settings: ComputeSettings, { config, log, database, feed }: Parts): Promise<RunningService> {
  const deps = await makeDependencies(settings, config, database, log);
  const usecases = makeUseCases(deps);
  const server = await startSubgraphServer<Context>({
    settings,
    resolvers,
    contextOf: (request) => ({ ...request, usecases, loaders: makeLoaders(database) }),
    trust: makeTrust({ feed, issuer: settings.issuer, service: 'compute' }),
    audit: auditReader(database.sql),
    ready: async () => void (await database.sql.$queryRawUnsafe('SELECT 1 AS ready')),
    log,
  });
  const worker = await startWorker({ url: settings.database.appUrl, tasks: taskList(deps), log });
  return {
    name: 'compute',
    url: server.url,
    retire: server.retire,
    async stop() {
      await server.stop();
      await worker.stop();
      await feed.stop();
      await database.disconnect();
    },
  };
}
