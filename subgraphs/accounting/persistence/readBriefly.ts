import { sqlErrorCode } from '../../../platform/database/sqlErrorCode.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { limitExceeded } from '../../../platform/kernel/faults.js';
import { reportLimits } from '../domain/limits.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';

/** query_canceled: the statement ran longer than it may. */
const TIMED_OUT = '57014';

/** Reads a report, within the time that one may take. @throws Fault LIMIT_EXCEEDED beyond it */
export async function readBriefly<Value>(
  prisma: PrismaClient,
  read: (tx: Prisma.TransactionClient) => Promise<Value>,
): Promise<Value> {
  try {
    return await transactionally(
      prisma,
      async (tx: Prisma.TransactionClient) => {
        await tx.$executeRawUnsafe('SET TRANSACTION READ ONLY');
        await tx.$executeRawUnsafe(`SET LOCAL statement_timeout = ${reportLimits.millisecondsMax}`);
        return read(tx);
      },
      // The statement's own bound comes first, so that it is the one that is told.
      { timeoutMs: 2 * reportLimits.millisecondsMax },
    );
  } catch (error) {
    if (sqlErrorCode(error) !== TIMED_OUT) throw error;
    const seconds = reportLimits.millisecondsMax / 1_000;
    throw limitExceeded(
      'reportSeconds',
      `The report takes longer than ${seconds} s; ask for a shorter time (from, to).`,
    );
  }
}
