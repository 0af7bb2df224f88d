import { writeAudit } from '../../../platform/audit/audit.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { earnedMicros } from '../domain/grant.js';
import type { OfferKind } from '../domain/offer.js';
import { follow } from '../domain/requestStates.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { EndingFacts, EndingSubject, SagaJournal, Settlement } from '../usecases/ports/sagas.js';
import { readGrants } from './grants.js';
import {
  claimLeftRuns,
  claimRun,
  endRun,
  enqueueResume,
  freeWaiting,
  type Tenure,
  withSubject,
  writeRun,
  writeTry,
} from './sagaRuns.js';

/** Keeps the chain that ends a grant: its state, and at the end the grant's settlement. */
export const endingJournal = (prisma: PrismaClient, tenure: Tenure): SagaJournal<EndingSubject, EndingFacts> => ({
  async claim(id) {
    const claimed = await claimRun(prisma, 'endGrant', id, tenure);
    return claimed === null ? null : withSubject(claimed, await subjectsOf(prisma, [id]));
  },
  async claimLeft(limit) {
    const claimed = await claimLeftRuns(prisma, 'endGrant', limit, tenure);
    const subjects = await subjectsOf(
      prisma,
      claimed.map(({ id }) => id),
    );
    return claimed.map((run) => withSubject(run, subjects));
  },
  // What closing the resource makes known is that it is closed: the state alone says it.
  record: (run, state) => writeRun(prisma, run, state, tenure),
  retry: (run, state, stuck) => writeTry(prisma, run, state, { leaseMs: tenure.leaseMs, stuck }),
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

/** What the chains that end grants work on, by the grants' ids. */
async function subjectsOf(prisma: PrismaClient, ids: readonly string[]): Promise<ReadonlyMap<string, EndingSubject>> {
  if (ids.length === 0) return new Map();
  const rows = await prisma.grant.findMany({ where: { id: { in: [...ids] } }, include: withOffer });
  return new Map(rows.map((row) => [row.id, toSubject(row)]));
}

const withOffer = { offer: true } as const;

function toSubject(row: Prisma.GrantGetPayload<{ include: typeof withOffer }>): EndingSubject {
  return {
    grantId: row.id,
    // Checked by the table.
    kind: row.offer.kind as OfferKind,
    escrowAccountId: row.escrowAccountId,
    unit: row.unit,
    waitForJobs: row.waitForJobs,
    purge: row.purge,
    refundTransferId: row.refundTransferId,
    refundedMicros: row.refundedMicros,
  };
}

/**
 * What is to be settled of a grant that is being ended; no extension begins any more then, and one that still waits for
 * people is taken back: they cannot agree to it, and the money of the grant would wait with it.
 */
export async function settlementOf(prisma: PrismaClient, grantId: string): Promise<Settlement> {
  await takeBackWaiting(prisma, grantId);
  const [grant] = await readGrants(prisma, [grantId]);
  const offer = await prisma.offer.findFirst({ where: { grants: { some: { id: grantId } } } });
  if (grant === undefined || grant.endedAt === null || offer === null) {
    throw new Error('a grant that is being ended has an end and an offer');
  }
  // Checked by the table.
  const earned = earnedMicros(grant, offer.kind as OfferKind, grant.endedAt);
  return { isExtending: grant.isExtending, earnedMicros: earned };
}

const takeBackWaiting = (prisma: PrismaClient, grantId: string): Promise<void> =>
  transactionally(prisma, async (tx: Prisma.TransactionClient) => {
    const waiting = await tx.$queryRawUnsafe<{ id: string }[]>(
      `UPDATE grant_extension SET decision = 'WITHDRAWN', status = $2
       WHERE grant_id = $1 AND status = 'IN_REVIEW' AND decision IS NULL RETURNING id`,
      grantId,
      follow('IN_REVIEW', 'WITHDRAW'),
    );
    for (const { id } of waiting) await freeWaiting(tx, 'reviewedExtension', id, new Date());
  });
