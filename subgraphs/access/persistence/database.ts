import { transactionally } from '../../../platform/database/transactionally.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Database, Store } from '../usecases/ports.js';
import { accessRequestsIn } from './accessRequests.js';
import { extensionsIn } from './extensions.js';
import { grantsIn } from './grants.js';
import { offersIn } from './offers.js';
import { quotesIn } from './quotes.js';
import { sagaRunsIn, type Tenure } from './sagaRuns.js';

/** The database as use cases see it. @param tenure how this process has sagas */
export function makeDatabase(prisma: PrismaClient, tenure: Tenure): Database {
  const storeOn = (session: Prisma.TransactionClient): Store => ({
    sql: session,
    async forgetKey(scope, key) {
      await session.$executeRawUnsafe('DELETE FROM platform.idempotency_key WHERE scope = $1 AND key = $2', scope, key);
    },
    offers: offersIn(session),
    quotes: quotesIn(session),
    requests: accessRequestsIn(session),
    grants: grantsIn(session),
    extensions: extensionsIn(session),
    sagaRuns: sagaRunsIn(session, tenure),
  });
  return {
    ...storeOn(prisma),
    transactionally: (work) =>
      transactionally(prisma, (transaction: Prisma.TransactionClient) => work(storeOn(transaction))),
  };
}
