import { type FeedProjection, feedProjection } from '../../../platform/auth/feedProjection.js';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { type Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Database, Records } from '../usecases/ports.js';
import { driveExtensions } from './driveExtensions.js';
import { driveRecords } from './driveRecords.js';
import { fileRecords } from './fileRecords.js';
import { jobInputRecords } from './jobInputRecords.js';
import { purgeRecords } from './purgeRecords.js';
import { uploadRecords } from './uploadRecords.js';

/** The database with its connections. */
export interface OpenDatabase extends Database {
  /** What is kept of identity's feed. */
  readonly feed: FeedProjection;
  close(): Promise<void>;
}

/** Opens the database as the serving role. */
export function openDatabase(url: string, poolSize: number): OpenDatabase {
  const prisma = new PrismaClient({ adapter: prismaAdapter(url, { poolSize, applicationName: 'tollgate storage' }) });
  return {
    ...recordsOf(prisma),
    feed: feedProjection(prisma),
    transaction: <Outcome>(work: (records: Records) => Promise<Outcome>, options?: { readonly timeoutMs: number }) =>
      transactionally<Prisma.TransactionClient, Outcome>(prisma, (client) => work(recordsOf(client)), options),
    close: () => prisma.$disconnect(),
  };
}

const recordsOf = (client: Prisma.TransactionClient): Records => ({
  sql: client,
  drives: driveRecords(client),
  uploads: uploadRecords(client),
  files: fileRecords(client),
  jobInputs: jobInputRecords(client),
  extensions: driveExtensions(client),
  purges: purgeRecords(client),
});
