import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { PrismaClient } from '../generated/prisma/client.js';

/** Two batches in flight, and as many readers again with room to spare; five services share the server. */
const POOL_SIZE = 8;

/** Connects to the database as the serving role. */
export const connectDatabase = (appUrl: string): PrismaClient =>
  new PrismaClient({ adapter: prismaAdapter(appUrl, { poolSize: POOL_SIZE, applicationName: 'tollgate accounting' }) });
