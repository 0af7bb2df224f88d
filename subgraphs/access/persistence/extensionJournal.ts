import { writeAudit } from '../../../platform/audit/audit.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { planParts } from '../domain/extension.js';
import type { OfferKind, PriceBasis } from '../domain/offer.js';
import { type AccessRequestStatus, follow } from '../domain/requestStates.js';
import type { SagaState } from '../domain/saga.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Decision, ExtensionFacts, ExtensionSubject, SagaJournal } from '../usecases/ports/sagas.js';
import { tasks } from '../usecases/ports/tasks.js';
import { endingOf } from './accessRequests.js';
import { refusalToJson } from './refusalJson.js';
import {
  claimLeftRuns,
  claimRun,
  endRun,
  enqueueResume,
  type Tenure,
  withSubject,
  writeRun,
  writeTry,
} from './sagaRuns.js';

type Journal = SagaJournal<ExtensionSubject, ExtensionFacts>;

/** Keeps the chain of an extension, reviewed or not: its state, status and facts, and at the end what the grant gives from then on. */
export const extensionJournal = (
  prisma: PrismaClient,
  { clock, ...tenure }: Tenure & { readonly clock: Clock },
  saga: 'extendGrant' | 'reviewedExtension',
): Journal => ({
  async claim(id) {
    const claimed = await claimRun(prisma, saga, id, tenure);
    return claimed === null ? null : withSubject(claimed, await subjectsOf(prisma, [id]));
  },
  async claimLeft(limit) {
    const claimed = await claimLeftRuns(prisma, saga, limit, tenure);
    const subjects = await subjectsOf(
      prisma,
      claimed.map(({ id }) => id),
    );
    return claimed.map((run) => withSubject(run, subjects));
  },
  record: (run, state, { facts }) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await writeRun(tx, run, state, tenure);
      await tx.grantExtension.update({ where: { id: run.id }, data: { ...facts, status: statusOf(state) } });
    }),
  retry: (run, state, stuck) => writeTry(prisma, run, state, { leaseMs: tenure.leaseMs, stuck }),
  handOver: (run, state, delayMs, stuck) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await writeRun(tx, run, state, { leaseMs: 0, stuck });
      if (state.step === 'review' && state.direction === 'FORWARD') await present(tx, run.id);
      await enqueueResume(tx, saga, run.id, new Date(Date.now() + delayMs));
    }),
  finish: (run, failure, { facts }) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await endRun(tx, run);
      const status: AccessRequestStatus = failure === null ? 'ACTIVE' : endingOf(failure);
      const why = failure !== null && status === 'FAILED' ? { failure: JSON.parse(refusalToJson(failure)) } : {};
      await tx.grantExtension.update({
        where: { id: run.id },
        data: { ...facts, ...why, status, endedAt: new Date() },
      });
      if (failure === null) await addToGrant(tx, run.subject, clock.now());
      await writeAudit(tx, {
        actor: 'service:access',
        action: 'extendGrant.end',
        target: run.subject.grantId,
        outcome: failure?.code ?? 'OK',
        requestId: run.id,
        clientIp: '',
      });
    }),
});

/** The status of an extension whose chain has come to a step. */
export function statusOf({ direction, step }: Pick<SagaState, 'direction' | 'step'>): AccessRequestStatus {
  if (direction === 'UNDOING') return 'UNDOING';
  if (step === 'extendEscrow') return 'SUBMITTED';
  return step === 'review' ? 'HELD' : 'PROVISIONING';
}

/** Lays an extension before its reviewers; nothing where that was done before. */
async function present(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const status = follow('HELD', 'PRESENT');
  await tx.grantExtension.updateMany({ where: { id, status: 'HELD' }, data: { status } });
}

/** What the chains of extensions work on, by the extensions' ids. */
async function subjectsOf(
  prisma: PrismaClient,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ExtensionSubject>> {
  if (ids.length === 0) return new Map();
  const rows = await prisma.grantExtension.findMany({ where: { id: { in: [...ids] } }, include: withGrant });
  return new Map(rows.map((row) => [row.id, toSubject(row)]));
}

const withGrant = { grant: { include: { offer: true, request: true } } } as const;

function toSubject(row: Prisma.GrantExtensionGetPayload<{ include: typeof withGrant }>): ExtensionSubject {
  const { grant } = row;
  return {
    extensionId: row.id,
    grantId: row.grantId,
    // Checked by the table.
    offer: { kind: grant.offer.kind as OfferKind, per: grant.offer.basis as PriceBasis },
    payerAccountId: grant.request.accountId,
    reviewDeadline: row.reviewDeadline,
    // Checked by the table.
    decision: row.decision as Decision | null,
    plan: {
      addedQuantityMicros: row.addedQuantityMicros,
      priceMicros: row.priceMicros,
      startsAt: row.startsAt,
      endsAt: row.endsAt,
    },
    total: { micros: row.totalMicros, unit: grant.unit },
    before: { quantityMicros: grant.quantityMicros, endsAt: grant.endsAt, paidMicros: grant.paidMicros },
    holdId: row.holdId,
    invoiceId: row.invoiceId,
  };
}

/** Also where the grant is being ended meanwhile: what was paid is settled with the rest. */
async function addToGrant(
  tx: Prisma.TransactionClient,
  { grantId, offer, plan, total, before }: ExtensionSubject,
  activatedAt: Date,
): Promise<void> {
  const known = await tx.grantPart.count({ where: { grantId } });
  const parts = planParts(before, offer.kind, plan);
  await tx.grantPart.createMany({
    data: parts.map((part, index) => ({ ...part, grantId, number: known + index + 1, activatedAt })),
  });
  await tx.grant.update({
    where: { id: grantId },
    data: {
      quantityMicros: before.quantityMicros + plan.addedQuantityMicros,
      paidMicros: before.paidMicros + total.micros,
      endsAt: plan.endsAt,
    },
  });
  await enqueue(tx, tasks.closeWindow, { grantId }, { runAt: plan.endsAt, jobKey: `closeWindow:${grantId}` });
}
