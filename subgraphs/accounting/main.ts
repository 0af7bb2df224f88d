import { auditReader } from '../../platform/audit/auditReader.js';
import { type FeedFollower, followFeed } from '../../platform/auth/feedFollower.js';
import { feedProjection } from '../../platform/auth/feedProjection.js';
import { makeMandates } from '../../platform/auth/mandates.js';
import { makeTrust } from '../../platform/auth/trust.js';
import { systemClock } from '../../platform/kernel/clock.js';
import { newId } from '../../platform/kernel/ids.js';
import { httpFeedSource } from '../../platform/peers/httpFeedSource.js';
import { type Logger, makeLogger } from '../../platform/server/log.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startSubgraphServer } from '../../platform/server/subgraph.js';
import { type AccountingConfig, readAccountingConfig } from './config.js';
import type { Context } from './context.js';
import { addUsageRoute, usagePath } from './data/usageRoute.js';
import { addChargesRoute } from './documents/chargesRoute.js';
import { addJournalRoute } from './documents/journalRoute.js';
import { addStatementRoute } from './documents/statementRoute.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { startCollectingUsage } from './jobs/collectUsage.js';
import { startExpiringHolds } from './jobs/expireHolds.js';
import { startSigningCheckpoints } from './jobs/signCheckpoints.js';
import { measureBudgets } from './measures.js';
import { connectDatabase } from './persistence/database.js';
import { firstBoot } from './persistence/firstBoot.js';
import { loadReceiptKeys } from './persistence/receiptKeys.js';
import { makeReportTurns } from './persistence/reportTurns.js';
import { makeSqlAccounts } from './persistence/sqlAccounts.js';
import { makeSqlAdjustments } from './persistence/sqlAdjustments.js';
import { makeSqlBudgets } from './persistence/sqlBudgets.js';
import { makeSqlCharges } from './persistence/sqlCharges.js';
import { makeSqlCheckpoints } from './persistence/sqlCheckpoints.js';
import { makeSqlClusterBalances } from './persistence/sqlClusterBalances.js';
import { makeSqlHolds } from './persistence/sqlHolds.js';
import { makeSqlInvoices } from './persistence/sqlInvoices.js';
import { makeSqlJournal } from './persistence/sqlJournal.js';
import { makeSqlLedger } from './persistence/sqlLedger.js';
import { makeSqlRates } from './persistence/sqlRates.js';
import { makeIssuanceLookup } from './persistence/sqlUnits.js';
import { makeSqlUsage } from './persistence/sqlUsage.js';
import { resolvers } from './resolvers/index.js';
import { addCheckpointRoute, addReceiptKeysRoute } from './routes.js';
import { makeUseCases } from './subgraph.js';
import { makeLoaders } from './usecases/loaders.js';

/** What tests give in place of what accounting takes by itself. */
interface AccountingExtras {
  readonly config?: AccountingConfig;
  readonly log?: Logger;
}

type AccountingSettings = ServiceSettings & { readonly service: 'accounting' };

/**
 * Starts accounting: migrates, makes what the first start makes, and serves.
 * @throws ServiceStartError, MigrationError
 */
export async function startAccounting(
  settings: AccountingSettings,
  extras: AccountingExtras = {},
): Promise<RunningService> {
  const config = extras.config ?? readAccountingConfig(settings.variables);
  const log = extras.log ?? makeLogger('accounting', config.logLevel);
  await prepareDatabase('accounting', settings.database, (sentence) => log.warn(sentence), settings.stopping);
  const prisma = connectDatabase(settings.database.appUrl);
  try {
    await firstBoot(prisma);
    const feed = await followFeed(httpFeedSource(settings), feedProjection(prisma), log);
    try {
      return await serve(settings, { config, log, prisma, feed });
    } catch (error) {
      await feed.stop();
      throw error;
    }
  } catch (error) {
    await prisma.$disconnect();
    throw error;
  }
}

interface Parts {
  readonly config: AccountingConfig;
  readonly log: Logger;
  readonly prisma: PrismaClient;
  readonly feed: FeedFollower;
}

async function serve(settings: AccountingSettings, { config, log, prisma, feed }: Parts): Promise<RunningService> {
  const ledger = makeSqlLedger(prisma);
  const receiptKeys = await loadReceiptKeys(settings.home, settings.issuer, config.receiptKeysFile);
  const checkpoints = makeSqlCheckpoints(prisma);
  const readers = {
    accounts: makeSqlAccounts(prisma),
    holds: makeSqlHolds(prisma),
    invoices: makeSqlInvoices(prisma),
    journal: makeSqlJournal(prisma),
    rateCards: makeSqlRates(prisma),
    budgets: makeSqlBudgets(prisma),
    adjustments: makeSqlAdjustments(prisma),
    charges: makeSqlCharges(prisma),
    clusterBalances: makeSqlClusterBalances(prisma),
  };
  const usage = makeSqlUsage(prisma, config.limits);
  const trust = makeTrust({ feed, issuer: settings.issuer, service: 'accounting' });
  // Known once the service listens; nobody is told where usage goes before.
  let origin = config.publicUrl ?? '';
  const usecases = makeUseCases({
    ...readers,
    ledger,
    usage,
    reportTurns: makeReportTurns(),
    clock: systemClock,
    usageUploadUrl: (clusterId) => `${origin}${usagePath(clusterId)}`,
    checkpoints,
    signer: receiptKeys,
    mandates: makeMandates({ feed, issuer: settings.issuer }),
    newId,
    limits: config.limits,
    issuanceOf: makeIssuanceLookup(prisma),
  });
  const server = await startSubgraphServer<Context>({
    settings,
    resolvers,
    contextOf: (request) => ({ ...request, usecases, loaders: makeLoaders(readers) }),
    trust,
    // What grants have earned and hold.
    lookUps: { access: ['Account'] },
    routes(app, contextOf) {
      addReceiptKeysRoute(app, receiptKeys.published);
      addUsageRoute(app, usecases, trust, log);
      addCheckpointRoute(app, checkpoints);
      addStatementRoute(app, contextOf);
      addChargesRoute(app, contextOf);
      addJournalRoute(app, contextOf);
    },
    measures: (registry) => measureBudgets(registry, readers.budgets),
    audit: auditReader(prisma),
    ready: async () => void (await prisma.$queryRawUnsafe('SELECT 1')),
    log,
  });
  origin = config.publicUrl ?? server.url;
  const expiring = startExpiringHolds(prisma, log);
  const collecting = startCollectingUsage(usage, log);
  const signing = startSigningCheckpoints(usecases.signCheckpoint, log);
  return {
    name: 'accounting',
    url: server.url,
    retire: server.retire,
    async stop() {
      await server.stop();
      await expiring.stop();
      await collecting.stop();
      await signing.stop();
      await ledger.drained();
      await feed.stop();
      await prisma.$disconnect();
    },
  };
}
