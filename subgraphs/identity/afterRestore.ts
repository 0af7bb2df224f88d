import { prismaAdapter } from '../../platform/database/prismaAdapter.js';
import { systemClock } from '../../platform/kernel/clock.js';
import { loadKeyEncryptionKeys } from './adapters/keyEncryptionKeys.js';
import { newSigningKeyPair } from './adapters/newSigningKeyPair.js';
import { sealer } from './adapters/sealer.js';
import { PrismaClient } from './generated/prisma/client.js';
import { makeDatabase } from './persistence/database.js';
import { endAllLogIns } from './usecases/endAllLogIns.js';

/**
 * Ends every log-in of a home that was just restored, before anything serves it.
 * @param appUrl identity's database as its serving role sees it, at the program's version
 * @returns how many sessions were ended
 * @throws ServiceStartError where the key that the database is sealed with is not in the home
 */
export async function afterRestore(home: string, appUrl: string): Promise<number> {
  const prisma = new PrismaClient({ adapter: prismaAdapter(appUrl, { poolSize: 1 }) });
  try {
    const database = makeDatabase(prisma);
    if ((await database.signingKeys.verifying()).length === 0) return 0;
    const keys = await loadKeyEncryptionKeys(home, { mayMake: false });
    return (await endAllLogIns({ database, clock: systemClock, newSigningKeyPair, sealer: sealer(keys) })) ?? 0;
  } finally {
    await prisma.$disconnect();
  }
}
