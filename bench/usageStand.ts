import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import type { Trust } from '../platform/auth/trust.js';
import { startEmbeddedDatabase } from '../platform/database/startEmbeddedDatabase.js';
import { systemClock } from '../platform/kernel/clock.js';
import { newId } from '../platform/kernel/ids.js';
import { wellKnown } from '../platform/kernel/wellKnown.js';
import { drain, listen, makeHttpServer } from '../platform/server/httpServer.js';
import { makeLogger } from '../platform/server/log.js';
import { prepareDatabase } from '../platform/server/prepareDatabase.js';
import { addUsageRoute } from '../subgraphs/accounting/data/usageRoute.js';
import { ledgerLimitsDefault } from '../subgraphs/accounting/domain/limits.js';
import { connectDatabase } from '../subgraphs/accounting/persistence/database.js';
import { firstBoot } from '../subgraphs/accounting/persistence/firstBoot.js';
import { makeSqlUsage } from '../subgraphs/accounting/persistence/sqlUsage.js';
import { makeStreamUsage } from '../subgraphs/accounting/usecases/streamUsage.js';

const PAYERS = 100;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** Accounting's stream route on a database of its own, with payers that can pay. */
export interface UsageStand {
  /** A connection that may read and write files of the server. */
  readonly superuser: pg.Client;
  readonly payers: readonly string[];
  /** A cluster with prices since yesterday. */
  newCluster(): Promise<string>;
  /** Streams a file to a cluster and gives the last line of the answer. */
  upload(clusterId: string, file: string): Promise<Readonly<Record<string, unknown>>>;
  /** @throws Error where the charges are not what the journal has, or the ledger is not sound */
  assertConserved(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one below a folder. The route is served as accounting serves it; only the token's verification stands aside. */
export async function startUsageStand(folder: string): Promise<UsageStand> {
  const database = await startEmbeddedDatabase({ home: join(folder, 'home'), services: ['accounting'], log: quiet });
  const urls = database.urls('accounting');
  await prepareDatabase('accounting', urls);
  const prisma = connectDatabase(urls.appUrl);
  await firstBoot(prisma);
  const address = new URL(database.superuserUrl);
  address.pathname = new URL(urls.ownerUrl).pathname;
  const superuser = new pg.Client({ connectionString: address.href });
  await superuser.connect();
  const payers = Array.from({ length: PAYERS }, () => newId('user'));
  await superuser.query(
    `INSERT INTO account (id, name, kind, unit, owner_id, overdraft_limit)
     SELECT t.id, 'Bench', 'PERSONAL', $3, t.owner_id, 1000000000000000 FROM unnest($1::text[], $2::text[]) AS t(id, owner_id)`,
    [payers.map(() => newId('account')), payers, wellKnown.unit],
  );
  const clusterIds: string[] = [];
  const app = makeHttpServer(1);
  const usage = makeSqlUsage(prisma, ledgerLimitsDefault);
  const streamUsage = makeStreamUsage({ usage, clock: systemClock });
  addUsageRoute(app, { streamUsage }, trustOf(clusterIds), makeLogger('accounting', 'warn'));
  const origin = await listen(app, '127.0.0.1', 0, 'ACCOUNTING_PORT');
  return {
    superuser,
    payers,
    async newCluster() {
      const id = newId('cluster');
      clusterIds.push(id);
      const card = newId('rateCard');
      await superuser.query(
        `INSERT INTO rate_card (id, cluster_id, payee_id, unit, valid_from, published_by, published_at)
         VALUES ($1, $2, $3, $4, now() - interval '2 days', 'bench', now())`,
        [card, id, wellKnown.accountRevenueLocal, wellKnown.unit],
      );
      await superuser.query("INSERT INTO rate VALUES ($1, 'standard', 1000000, 10000000, 250000, 1000000)", [card]);
      return id;
    },
    upload: (clusterId, file) => upload(`${origin}/usage/${clusterId}`, file),
    assertConserved: () => assertConserved(superuser),
    async stop() {
      await drain(app);
      await prisma.$disconnect();
      await superuser.end();
      await database.stop();
    },
  };
}

/** Everybody is the controller of the stand's clusters. */
const trustOf = (clusterIds: readonly string[]): Pick<Trust, 'viewerOf'> => ({
  viewerOf: async () => ({
    kind: 'serviceAccount',
    serviceAccountId: newId('serviceAccount'),
    tokenId: '',
    scopes: new Set(['accounting:usage']),
    clusterIds,
    expiresAt: new Date(8.64e15),
  }),
});

async function upload(url: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const outgoing = request(url, { method: 'POST', headers: { authorization: 'Bearer bench' } });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  const sending = pipeline(createReadStream(file), outgoing);
  const [response] = await answered;
  let end = '';
  for await (const chunk of response) end = (end + String(chunk)).slice(-1_000);
  await sending;
  return JSON.parse(end.trimEnd().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>;
}

async function assertConserved(superuser: pg.Client): Promise<void> {
  const { rows } = await superuser.query<{ same: boolean; zero: boolean; sound: boolean }>(
    `SELECT (SELECT coalesce(sum(charged), 0) FROM usage_record)
            = (SELECT coalesce(sum(amount), 0) FROM journal_entry WHERE kind = 'USAGE') AS same,
            (SELECT sum(posted) FROM account) = 0 AS zero,
            (SELECT broken_at IS NULL FROM verify_ledger()) AS sound`,
  );
  if (!rows[0]?.same || !rows[0].zero || !rows[0].sound) throw new Error('The run is void: money was not conserved.');
}
