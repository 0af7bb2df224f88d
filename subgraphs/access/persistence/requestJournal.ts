import { transactionally } from '../../../platform/database/transactionally.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import { type AccessRequestStatus, follow } from '../domain/requestStates.js';
import type { SagaState } from '../domain/saga.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Decision, RequestFacts, RequestSubject, SagaJournal } from '../usecases/ports/sagas.js';
import { addEvent, endingOf } from './accessRequests.js';
import { toOffer } from './offers.js';
import { toQuote } from './quotes.js';
import { recordEnd } from './recordEnd.js';
import { recordStep } from './recordStep.js';
import { claimLeftRuns, claimRun, enqueueResume, type Tenure, withSubject, writeRun, writeTry } from './sagaRuns.js';

type Journal = SagaJournal<RequestSubject, RequestFacts>;

/** Keeps the chain of a request, reviewed or not: its state, the request's status and facts, its trail, and at the end its grant. */
export const requestJournal = (
  prisma: PrismaClient,
  { clock, ...tenure }: Tenure & { readonly clock: Clock },
  saga: 'requestAccess' | 'reviewedAccess',
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
  record: (run, state, record) =>
    recordStep(prisma, run, { state, record, status: statusOf(state), leaseMs: tenure.leaseMs }),
  retry: (run, state, stuck) => writeTry(prisma, run, state, { leaseMs: tenure.leaseMs, stuck }),
  handOver: (run, state, delayMs, stuck) =>
    transactionally(prisma, async (tx: Prisma.TransactionClient) => {
      await writeRun(tx, run, state, { leaseMs: 0, stuck });
      if (state.step === 'review' && state.direction === 'FORWARD') await present(tx, run.id);
      await enqueueResume(tx, saga, run.id, new Date(Date.now() + delayMs));
    }),
  finish: (run, failure, record) =>
    recordEnd(
      prisma,
      run,
      { record, failure, status: failure === null ? 'ACTIVE' : endingOf(failure) },
      failure === null ? { subject: { ...run.subject, ...record.facts }, activatedAt: clock.now() } : null,
    ),
});

/** What the chains of requests work on, by the requests' ids. */
async function subjectsOf(prisma: PrismaClient, ids: readonly string[]): Promise<ReadonlyMap<string, RequestSubject>> {
  if (ids.length === 0) return new Map();
  const rows = await prisma.accessRequest.findMany({ where: { id: { in: [...ids] } }, include: withTerms });
  return new Map(rows.map((row) => [row.id, toSubject(row)]));
}

const withTerms = { quote: { include: { terms: { include: { offer: true } } } } } as const;

function toSubject(row: Prisma.AccessRequestGetPayload<{ include: typeof withTerms }>): RequestSubject {
  return {
    grantId: row.grantId,
    holderId: row.groupId ?? row.requesterId,
    payerAccountId: row.accountId,
    name: row.name,
    offer: toOffer(row.quote.terms.offer, row.quote.terms),
    quote: toQuote(row.quote),
    escrowAccountId: row.escrowAccountId,
    holdId: row.holdId,
    invoiceId: row.invoiceId,
    captured: row.captured,
    payerGroupId: row.payerGroupId,
    agreed: { quantityMicros: row.quantityMicros, totalMicros: row.totalMicros },
    reviewDeadline: row.reviewDeadline,
    // Checked by the table.
    decision: row.decision as Decision | null,
  };
}

/** The status of a request whose chain has come to a step. */
export function statusOf({ direction, step }: Pick<SagaState, 'direction' | 'step'>): AccessRequestStatus {
  if (direction === 'UNDOING') return 'UNDOING';
  if (step === 'openEscrow') return 'SUBMITTED';
  return step === 'review' ? 'HELD' : 'PROVISIONING';
}

/** Lays a request before its reviewers; nothing where that was done before. */
async function present(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const status = follow('HELD', 'PRESENT');
  const { count } = await tx.accessRequest.updateMany({ where: { id, status: 'HELD' }, data: { status } });
  if (count === 1) await addEvent(tx, id, { step: 'present', result: 'OK' });
}
