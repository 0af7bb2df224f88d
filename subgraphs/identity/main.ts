import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { auditReader } from '../../platform/audit/auditReader.js';
import { followFeed } from '../../platform/auth/feedFollower.js';
import { feedProjection } from '../../platform/auth/feedProjection.js';
import type { FeedSource } from '../../platform/auth/feedRow.js';
import { makeTrust } from '../../platform/auth/trust.js';
import { prismaAdapter } from '../../platform/database/prismaAdapter.js';
import { type Clock, systemClock } from '../../platform/kernel/clock.js';
import { newId } from '../../platform/kernel/ids.js';
import type { Logger } from '../../platform/server/log.js';
import { makeLogger } from '../../platform/server/log.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startSubgraphServer } from '../../platform/server/subgraph.js';
import { startWorker } from '../../platform/work/startWorker.js';
import { accessTokens } from './adapters/accessTokens.js';
import { argon2Hasher } from './adapters/argon2Hasher.js';
import { credentialFile } from './adapters/credentialFile.js';
import { ldapDirectory } from './adapters/directory/ldapDirectory.js';
import { drawQrCode } from './adapters/drawQrCode.js';
import { loadKeyEncryptionKeys } from './adapters/keyEncryptionKeys.js';
import { keyRing } from './adapters/keyRing.js';
import { mandateTokens as makeMandateTokens } from './adapters/mandateTokens.js';
import { newSigningKeyPair } from './adapters/newSigningKeyPair.js';
import { sealer as makeSealer } from './adapters/sealer.js';
import { secrets } from './adapters/secrets.js';
import { totp } from './adapters/totp.js';
import { type IdentityConfig, readIdentityConfig } from './config.js';
import type { Context } from './context.js';
import { PrismaClient } from './generated/prisma/client.js';
import { taskList } from './jobs/taskList.js';
import { addTokenRoute } from './oauth/tokenRoute.js';
import { makeDatabase } from './persistence/database.js';
import { makeLoaders } from './persistence/loaders.js';
import { localFeed } from './persistence/localFeed.js';
import { resolvers } from './resolvers/index.js';
import { addRoutes } from './routes.js';
import { makeUseCases } from './subgraph.js';
import { DirectoryGroupError, ensureDirectoryGroups } from './usecases/ensureDirectoryGroups.js';
import { ServiceAccountError } from './usecases/ensureServiceAccount.js';
import { firstBoot } from './usecases/firstBoot.js';
import { DirectoryImplausible, type DirectoryUse } from './usecases/ports/directory.js';
import type { Ports } from './usecases/ports.js';
import { rewrapSealed } from './usecases/rewrapSealed.js';

/** What tests give in place of what identity takes by itself. */
interface IdentityExtras {
  readonly config?: IdentityConfig;
  readonly clock?: Clock;
  readonly log?: Logger;
}

const POOL_SIZE = 10;
/** What identity does by itself is little and never urgent. */
const WORKER_CONCURRENCY = 1;

/**
 * Starts identity: migrates, makes what the first start makes, and serves.
 * @throws ServiceStartError, MigrationError
 */
export async function startIdentity(
  settings: ServiceSettings & { readonly service: 'identity' },
  extras: IdentityExtras = {},
): Promise<RunningService> {
  const config = extras.config ?? readIdentityConfig(settings.variables);
  const clock = extras.clock ?? systemClock;
  const log = extras.log ?? makeLogger('identity', config.logLevel);
  await prepareDatabase('identity', settings.database, (sentence) => log.warn(sentence), settings.stopping);
  const prisma = new PrismaClient({ adapter: prismaAdapter(settings.database.appUrl, { poolSize: POOL_SIZE }) });
  try {
    return await serve(settings, { config, clock, log, prisma });
  } catch (error) {
    await prisma.$disconnect();
    throw error;
  }
}

async function serve(
  settings: ServiceSettings & { readonly service: 'identity' },
  parts: {
    readonly config: IdentityConfig;
    readonly clock: Clock;
    readonly log: Logger;
    readonly prisma: PrismaClient;
  },
): Promise<RunningService> {
  const { config, clock, log, prisma } = parts;
  const database = makeDatabase(prisma);
  const isFresh = (await database.signingKeys.verifying()).length === 0;
  const keyEncryptionKeys = await loadKeyEncryptionKeys(settings.home, {
    mayMake: isFresh,
    file: config.keyEncryptionKeyFile,
  });
  const sealer = makeSealer(keyEncryptionKeys);
  const hasher = await argon2Hasher();
  const sealing = { sealer, keyEncryptionKeys, newSigningKeyPair };
  const common = { database, clock, newId, hasher, ...sealing, totp, drawQrCode, secrets };
  await firstBoot({ ...common, files: credentialFilesOf(settings.home) }, config).catch((error: unknown) => {
    if (!(error instanceof ServiceAccountError)) throw error;
    throw new ServiceStartError(`IDENTITY_SERVICE_ACCOUNT_NAME asks for what cannot be made: ${error.message}.`);
  });
  // A rotation that was interrupted is finished before anything is sealed again.
  await rewrapSealed(common);
  const ring = keyRing({ store: database.signingKeys, sealer, clock });
  const tokens = accessTokens({ ring, issuer: settings.issuer, clock, lifetimeMs: config.tokenLifetimeMs });
  const mandateTokens = makeMandateTokens({ ring, issuer: settings.issuer });

  const ownFeed = localFeed(prisma);
  // As everybody who follows: what another replica revokes waits for this process, too.
  const follower = `identity/${randomUUID()}`;
  const source: FeedSource = { read: (after, waitMs, signal) => ownFeed.read(after, waitMs, signal, follower) };
  const feed = await followFeed(source, feedProjection(prisma), log);
  const trust = makeTrust({ feed, issuer: settings.issuer, service: 'identity' });
  const feedNews: Ports['feedNews'] = async () => {
    const late = (err: unknown): void => log.warn({ err }, 'own feed could not be read; whoever follows catches up');
    await Promise.all([feed.refresh().catch(late), ownFeed.spread().catch(late)]);
  };
  const directory = await openDirectory(common, config);
  const directoryTrouble: Ports['directoryTrouble'] = (trouble) =>
    trouble instanceof DirectoryImplausible
      ? log.error({ cause: trouble.message }, 'the directory is not believed')
      : log.warn({ cause: trouble.message }, 'the directory could not be asked');
  const ports: Ports = { ...common, tokens, mandateTokens, keyRing: ring, feedNews, directory, directoryTrouble };
  const publicUrl = settings.gatewayUrl ?? (async () => settings.issuer);
  const usecases = makeUseCases(ports, { ...config, publicUrl });
  const server = await startSubgraphServer<Context>({
    settings,
    resolvers,
    contextOf: (request) => ({ ...request, usecases, loaders: makeLoaders(prisma, () => clock.now()) }),
    trust,
    routes(app) {
      addRoutes(app, { settings, publicUrl, signingKeys: database.signingKeys, feed: ownFeed });
      addTokenRoute(app, { settings, usecases, trust, clock, log });
    },
    audit: auditReader(prisma),
    ready: async () => void (await prisma.$queryRawUnsafe('SELECT 1')),
    log,
  });
  await database.removal.askForRun();
  if (directory !== null) await database.directoryChecks.askForRun();
  const worker = await startWorker({
    url: settings.database.appUrl,
    tasks: taskList(ports, config),
    log: workLog(log),
    concurrency: WORKER_CONCURRENCY,
  });
  return {
    name: 'identity',
    url: server.url,
    retire: server.retire,
    async stop() {
      await worker.stop();
      await feed.stop();
      // Followers that wait would hold the server's end up.
      ownFeed.close();
      await server.stop();
      await prisma.$disconnect();
      await hasher.close();
    },
  };
}

const workLog = (log: Logger) => ({
  info: (message: string) => log.info(message),
  warn: (message: string) => log.warn(message),
  error: (message: string) => log.error(message),
});

/** The directory as it is configured, with the groups that its own are mapped to. */
async function openDirectory(
  ports: Pick<Ports, 'database' | 'clock' | 'newId'>,
  { directory: config, directoryProvisions: provisions }: IdentityConfig,
): Promise<DirectoryUse | null> {
  if (config === null) return null;
  try {
    const groups = await ensureDirectoryGroups(ports, config.groups);
    const { factorRequired, attempts } = config;
    return { directory: ldapDirectory(config), groups, attempts, factorRequired, provisions };
  } catch (error) {
    if (!(error instanceof DirectoryGroupError)) throw error;
    throw new ServiceStartError(`IDENTITY_LDAP_GROUPS names ${error.message}.`);
  }
}

const credentialFilesOf = (home: string) => ({
  operator: credentialFile(join(home, 'operator.json')),
  localController: credentialFile(join(home, 'controllers', 'local.json')),
  serviceAccount: credentialFile(join(home, 'service-account.json')),
});
