import { writeAudit } from '../../../platform/audit/audit.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { earnedMicros } from '../domain/grant.js';
import type { OfferKind } from '../domain/offer.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { EndingFacts, EndingSubject, SagaJournal } from '../usecases/ports/sagas.js';
import { toGrant } from './grants.js';
import { claimRun, endRun, enqueueResume, writeRun, writeTry } from './sagaRuns.js';

/** Keeps the chain that ends a grant: its state, and at the end the grant's settlement. */
export const endingJournal = (prisma: PrismaClient, leaseMs: number): SagaJournal<EndingSubject, EndingFacts> => ({
  async claim(id) {
    const claimed = await claimRun(prisma, 'endGrant', id, leaseMs);
    if (claimed === null || 'busyUntil' in claimed) return claimed;
    return { ...claimed, subject: await subjectOf(prisma, id) };
  },
  // What closing the resource makes known is that it is closed: the state alone says it.
  record: (run, state) => writeRun(prisma, run, state, { leaseMs }),
  retry: (run, state, stuck) => writeTry(prisma, run, state, { leaseMs, stuck }),
  handOver: (run, state, delayMs, stuck) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await writeRun(tx, run, state, { leaseMs: 0, stuck });
      await enqueueResume(tx, 'endGrant', run.id, new Date(Date.now() + delayMs));
    }),
  finish: (run, _failure, { facts }) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await endRun(tx, run);
      await tx.grant.update({
        where: { id: run.id },
        data: {
          state: 'ENDED',
          settledAt: new Date(),
          refundTransferId: facts.refundTransferId ?? null,
          refundedMicros: facts.refundedMicros ?? 0n,
        },
      });
      await writeAudit(tx, {
        actor: 'service:access',
        action: 'endGrant.end',
        target: run.id,
        outcome: 'OK',
        requestId: run.id,
        clientIp: '',
      });
    }),
});

async function subjectOf(prisma: PrismaClient, id: string): Promise<EndingSubject> {
  const row = await prisma.grant.findUniqueOrThrow({ where: { id }, include: { offer: true } });
  if (row.endedAt === null) throw new Error('a grant that is being ended has an end');
  // Checked by the table.
  const kind = row.offer.kind as OfferKind;
  return {
    grantId: id,
    kind,
    escrowAccountId: row.escrowAccountId,
    earnedMicros: earnedMicros(toGrant(row), kind, row.endedAt),
    unit: row.unit,
    waitForJobs: row.waitForJobs,
    refundTransferId: row.refundTransferId,
    refundedMicros: row.refundedMicros,
  };
}
