import { setTimeout as sleep } from 'node:timers/promises';
import { auditReader } from '../../platform/audit/auditReader.js';
import { type FeedFollower, followFeed } from '../../platform/auth/feedFollower.js';
import { feedProjection } from '../../platform/auth/feedProjection.js';
import { makeTrust } from '../../platform/auth/trust.js';
import { prismaAdapter } from '../../platform/database/prismaAdapter.js';
import { type Clock, systemClock } from '../../platform/kernel/clock.js';
import { newId } from '../../platform/kernel/ids.js';
import { httpFeedSource } from '../../platform/peers/httpFeedSource.js';
import { connectPeer } from '../../platform/peers/peer.js';
import { type Logger, makeLogger } from '../../platform/server/log.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startSubgraphServer } from '../../platform/server/subgraph.js';
import { startWorker } from '../../platform/work/startWorker.js';
import { type AccessConfig, readAccessConfig } from './config.js';
import type { Context } from './context.js';
import { firstBootOffers } from './domain/firstBootOffers.js';
import { PrismaClient } from './generated/prisma/client.js';
import { askForRunOut } from './jobs/closeRunOut.js';
import { addAccessMetrics } from './metrics.js';
import { accountingPeer } from './peers/accountingPeer.js';
import { computePeer } from './peers/computePeer.js';
import { identityPeer } from './peers/identityPeer.js';
import { storagePeer } from './peers/storagePeer.js';
import { ensureOffers } from './persistence/offers.js';
import { quoteSeal } from './persistence/quoteSeal.js';
import { countSagas } from './persistence/sagaRuns.js';
import { resolvers } from './resolvers/index.js';
import { addAccessRoutes } from './routes.js';
import { type Access, composeAccess } from './subgraph.js';

type AccessSettings = ServiceSettings & { readonly service: 'access' };

/** What tests give in place of what access takes by itself. */
interface AccessExtras {
  readonly config?: AccessConfig;
  readonly clock?: Clock;
  readonly log?: Logger;
}

const POOL_SIZE = 10;
/** How long a transaction waits for a connection: a burst of calls is served in turn, not turned away. */
const MAX_WAIT_MS = 7_000;
/** How long a stop lets chains finish by themselves. */
const FINISH_MS = 2_000;
// Interrupted chains wait for answers most of their time: more of them at once than processors.
const WORKER_CONCURRENCY = 8;

/**
 * Starts access: migrates, makes the first offers, serves, and takes up the sagas that nobody works on.
 * @throws ServiceStartError, MigrationError
 */
export async function startAccess(settings: AccessSettings, extras: AccessExtras = {}): Promise<RunningService> {
  const config = extras.config ?? readAccessConfig(settings.variables);
  const log = extras.log ?? makeLogger('access', config.logLevel);
  await prepareDatabase('access', settings.database, (sentence) => log.warn(sentence), settings.stopping);
  const adapter = prismaAdapter(settings.database.appUrl, { poolSize: POOL_SIZE, applicationName: 'tollgate access' });
  const prisma = new PrismaClient({ adapter, transactionOptions: { maxWait: MAX_WAIT_MS } });
  try {
    await ensureOffers(prisma, firstBootOffers);
    const clock = extras.clock ?? systemClock;
    const feed = await followFeed(httpFeedSource(settings), feedProjection(prisma), log);
    const people = {
      of: (userId: string) => ({
        isDisabled: feed.stateOf('USER', userId)?.state === 'DISABLED',
        roles: feed.rolesOf(userId),
      }),
    };
    const seal = quoteSeal(settings.keys, settings.issuer);
    const peers = peersOf(settings);
    const access = composeAccess({ prisma, peers, people, quoteSeal: seal, config, clock, newId, log });
    return await serve(settings, { access, feed, prisma, log });
  } catch (error) {
    await prisma.$disconnect();
    throw error;
  }
}

const peersOf = (settings: AccessSettings) => ({
  identity: identityPeer(connectPeer(settings, 'identity')),
  accounting: accountingPeer(connectPeer(settings, 'accounting')),
  storage: storagePeer(connectPeer(settings, 'storage')),
  compute: computePeer(connectPeer(settings, 'compute')),
});

/** What is served. */
interface AccessBehindHttp {
  readonly access: Access;
  readonly feed: FeedFollower;
  readonly prisma: PrismaClient;
  readonly log: Logger;
}

async function serve(
  settings: AccessSettings,
  { access, feed, prisma, log }: AccessBehindHttp,
): Promise<RunningService> {
  const trust = makeTrust({ feed, issuer: settings.issuer, service: 'access' });
  // First, so that this process is vouched for before it has a chain.
  const worker = await startWorker({
    url: settings.database.appUrl,
    tasks: access.tasks,
    log: {
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    },
    concurrency: WORKER_CONCURRENCY,
    holdings: [access.holding],
  });
  const server = await startSubgraphServer<Context>({
    settings,
    resolvers,
    contextOf: (request) => ({ ...request, usecases: access.usecases, loaders: access.makeLoaders() }),
    trust,
    audit: auditReader(prisma),
    routes: (app) => addAccessRoutes(app, () => settings.keys.publicKeyOf('access')),
    measures: (registry) => addAccessMetrics(registry, () => countSagas(prisma)),
    ready: async () => void (await prisma.$queryRawUnsafe('SELECT 1')),
    log,
  }).catch(async (error: unknown) => {
    await worker.stop();
    throw error;
  });
  const sweep = access.sweep();
  await askForRunOut(prisma);
  return {
    name: 'access',
    url: server.url,
    retire: server.retire,
    async stop() {
      // Nothing new is begun. What runs may finish, and is handed over after a while: a peer may be gone already.
      const stopped = Promise.all([server.stop(), sweep.stop()]);
      const handOver = async (): Promise<void> => {
        await Promise.race([stopped, sleep(FINISH_MS, undefined, { ref: false })]);
        await access.drain();
        await stopped;
      };
      const handedOver = handOver();
      await Promise.all([handedOver, worker.stop(handedOver)]);
      await feed.stop();
      await prisma.$disconnect();
    },
  };
}
