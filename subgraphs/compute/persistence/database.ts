import { type FeedProjection, feedProjection } from '../../../platform/auth/feedProjection.js';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { type Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Database, Repositories } from '../usecases/ports.js';
import { allocationRepository } from './allocationRepository.js';
import { clusterRepository } from './clusterRepository.js';
import { jobRepository } from './jobRepository.js';
import { logRepository } from './logRepository.js';

const POOL_SIZE = 8;

/** The tables of compute's database, on the serving role. */
export interface ComputeDatabase extends Database {
  /** What is kept of identity's feed. */
  readonly feed: FeedProjection;
  disconnect(): Promise<void>;
}

/** Connects to compute's database. @param appUrl the serving role's address */
export function connectDatabase(appUrl: string): ComputeDatabase {
  const prisma = new PrismaClient({
    adapter: prismaAdapter(appUrl, { poolSize: POOL_SIZE, applicationName: 'tollgate compute' }),
    // Many requests at once wait for a connection rather than fail.
    transactionOptions: { maxWait: 5_000, timeout: 8_000 },
  });
  return {
    ...repositoriesOn(prisma),
    feed: feedProjection(prisma),
    transaction: (work) => transactionally(prisma, (tx: Prisma.TransactionClient) => work(repositoriesOn(tx))),
    disconnect: () => prisma.$disconnect(),
  };
}

const repositoriesOn = (prisma: Prisma.TransactionClient): Repositories => ({
  sql: prisma,
  clusters: clusterRepository(prisma),
  allocations: allocationRepository(prisma),
  jobs: jobRepository(prisma),
  logs: logRepository(prisma),
});
