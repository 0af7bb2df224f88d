import { auditReader } from '../../platform/audit/auditReader.js';
import { type FeedFollower, followFeed } from '../../platform/auth/feedFollower.js';
import { makeTrust } from '../../platform/auth/trust.js';
import { type Clock, systemClock } from '../../platform/kernel/clock.js';
import { newId } from '../../platform/kernel/ids.js';
import { belongsTo } from '../../platform/kernel/principal.js';
import { httpFeedSource } from '../../platform/peers/httpFeedSource.js';
import { type Logger, makeLogger } from '../../platform/server/log.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startSubgraphServer } from '../../platform/server/subgraph.js';
import { startWorker } from '../../platform/work/startWorker.js';
import { readStorageConfig, type StorageConfig } from './config.js';
import type { Context } from './context.js';
import { dataPlane } from './data/dataPlane.js';
import { purgeDriveTask } from './jobs/purgeDrive.js';
import { askForSweep, sweepUploads } from './jobs/sweepUploads.js';
import { tidyUpload } from './jobs/tidyUpload.js';
import { type OpenDatabase, openDatabase } from './persistence/database.js';
import { openKeyring } from './persistence/keys/keyring.js';
import { urlSigner } from './persistence/keys/urlSigner.js';
import { encryptedStore } from './persistence/objects/encryptedStore.js';
import { heldStore } from './persistence/objects/heldStore.js';
import { type OpenObjects, openObjects } from './persistence/objects/openObjects.js';
import { requireOwnObjects } from './persistence/objects/requireOwnObjects.js';
import { resolvers } from './resolvers/index.js';
import { makeUseCases } from './subgraph.js';
import type { Dependencies } from './usecases/dependencies.js';
import { makeLoaders } from './usecases/loaders.js';
import type { BearerTrust, FreeBytes } from './usecases/ports.js';
import { runningDigests } from './usecases/runningDigests.js';
import { PURGE_TASK, SWEEP_TASK, TIDY_TASK } from './usecases/tasks.js';

/** What tests give in place of what storage takes by itself. */
export interface StorageExtras {
  readonly config?: StorageConfig;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly freeBytes?: FreeBytes;
}

type StorageSettings = ServiceSettings & { readonly service: 'storage' };

const POOL_SIZE = 10;

/**
 * Starts storage: migrates, opens its keys and objects, and serves the graph and the data plane.
 * @throws ServiceStartError, MigrationError
 */
export async function startStorage(settings: StorageSettings, extras: StorageExtras = {}): Promise<RunningService> {
  const config = extras.config ?? readStorageConfig(settings.home, settings.variables);
  const clock = extras.clock ?? systemClock;
  const log = extras.log ?? makeLogger('storage', config.logLevel);
  await prepareDatabase('storage', settings.database, (sentence) => log.warn(sentence), settings.stopping);
  // What was opened so far, to be closed again where the rest cannot be.
  const close: (() => Promise<void>)[] = [];
  try {
    const database = openDatabase(settings.database.appUrl, POOL_SIZE);
    close.push(database.close);
    const opened = await openObjects(config);
    close.push(async () => opened.close());
    await requireOwnObjects(database.uploads, opened);
    const feed = await followFeed(httpFeedSource(settings), database.feed, log);
    close.push(feed.stop);
    const objects = { ...opened, freeBytes: extras.freeBytes ?? opened.freeBytes };
    return await serve(settings, { config, clock, log, database, feed, objects });
  } catch (error) {
    for (const one of close.reverse()) await one();
    throw error;
  }
}

interface Parts {
  readonly config: StorageConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly database: OpenDatabase;
  readonly feed: FeedFollower;
  readonly objects: OpenObjects;
}

async function serve(settings: StorageSettings, parts: Parts): Promise<RunningService> {
  const { config, clock, log, database, feed, objects } = parts;
  // Known once the service listens; no URL is signed before.
  let origin = config.publicUrl ?? '';
  const dependencies = await makeDependencies(parts, () => origin);
  const usecases = makeUseCases(dependencies);
  const server = await startSubgraphServer<Context>({
    settings,
    resolvers,
    contextOf: (request) => ({ ...request, usecases, clock, loaders: makeLoaders(database, clock) }),
    trust: makeTrust({ feed, issuer: settings.issuer, service: 'storage' }),
    routes: dataPlane(usecases, log),
    audit: auditReader(database.sql),
    ready: async () => {
      await database.sql.$queryRawUnsafe('SELECT 1');
      return objects.health();
    },
    log,
  });
  origin = config.publicUrl ?? server.url;
  const worker = await startWorker({
    url: settings.database.appUrl,
    tasks: {
      [TIDY_TASK]: (payload) => tidyUpload(dependencies, payload),
      [SWEEP_TASK]: () => sweepUploads(dependencies),
      [PURGE_TASK]: (payload) => purgeDriveTask(dependencies, payload),
    },
    log,
  });
  await askForSweep(database.sql);
  return {
    name: 'storage',
    url: server.url,
    retire: server.retire,
    async stop() {
      await server.stop();
      await worker.stop();
      await feed.stop();
      objects.close();
      await database.close();
    },
  };
}

async function makeDependencies(parts: Parts, origin: () => string): Promise<Dependencies> {
  const { config, clock, database, feed, objects } = parts;
  // A master key that was lost must be put back, not replaced: what it sealed would be unreadable for ever.
  const isFresh = !(await database.uploads.hasParts());
  const objectKeys = await openKeyring(config.keysFolder, 'object', { mayMake: isFresh });
  const urlKeys = await openKeyring(config.keysFolder, 'url', { mayMake: true });
  return {
    database,
    objects: heldStore(encryptedStore(objects.store, objectKeys), database),
    freeBytes: objects.freeBytes,
    capacityBytes: config.capacityBytes,
    urls: urlSigner(urlKeys, origin),
    bearers: bearerTrust(feed),
    digests: runningDigests(),
    clock,
    newId,
  };
}

const bearerTrust = (feed: FeedFollower): BearerTrust => ({
  isDead: ({ userId, sessionId }) =>
    feed.stateOf('USER', userId)?.state === 'DISABLED' || feed.stateOf('SESSION', sessionId)?.state === 'REVOKED',
  hasDriveOf: ({ userId }, ownerId) => belongsTo({ userId, roles: feed.rolesOf(userId) }, ownerId),
});
