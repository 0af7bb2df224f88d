import type { Clock } from '../../../platform/kernel/clock.js';
import { planParts } from '../domain/extension.js';
import { toQuotaBytes } from '../domain/quantity.js';
import { lineOf } from '../domain/quote.js';
import type { Peers } from '../usecases/ports/peers.js';
import type { ExtensionFacts, ExtensionSubject } from '../usecases/ports/sagas.js';
import { reservePrice } from './reservePrice.js';
import { reviewStep, withReview } from './review.js';
import { type Saga, type StepCall, type StepResult, toStep } from './saga.js';
import { chainTerms, holdSeconds } from './terms.js';

/**
 * The chain of an extension that people decide on: as extendGrant, with a step after the price is reserved that waits for
 * them. The window at the ledger is moved by then, the resource's is not, so that nothing can be used for longer yet.
 */
export function reviewedExtensionSaga(peers: Peers, clock: Clock): Saga<ExtensionSubject, ExtensionFacts> {
  const review = reviewStep<ExtensionSubject, ExtensionFacts>('access.extendGrant.review', clock);
  return { ...withReview(extendGrantSaga(peers), review), name: 'reviewedExtension' };
}

/**
 * Extends a grant: the price is reserved and the window at the ledger moved, the resource grows, then the money is captured
 * into the same escrow. The capture is the last step and is not undone, so that what was paid is never taken out of an
 * escrow that jobs spend from; until then everything is undone, last first. Each step is made under the key `<id>:<step>`.
 */
export function extendGrantSaga({ accounting, storage, compute }: Peers): Saga<ExtensionSubject, ExtensionFacts> {
  return {
    name: 'extendGrant',
    deadlineMs: chainTerms.deadlineMs,
    timedOut: chainTerms.timedOut,
    rejected: chainTerms.rejected,
    steps: [
      {
        name: 'extendEscrow',
        deadlineMs: chainTerms.reserveDeadlineMs,
        do: {
          name: 'extendEscrow',
          point: 'access.extendGrant.extendEscrow',
          callees: ['accounting.extendEscrow'],
          run: extendEscrow,
        },
        undo: {
          name: 'abandonExtension',
          point: 'access.extendGrant.abandonExtension',
          callees: ['accounting.abandonExtension'],
          run: async (subject, call) => toStep(await accounting.abandonExtension(subject, call)),
        },
      },
      {
        name: 'grow',
        deadlineMs: null,
        do: {
          name: 'grow',
          point: 'access.extendGrant.grow',
          callees: ['storage.extendDrive', 'compute.extendAllocation'],
          run: grow,
        },
        undo: {
          name: 'shrink',
          point: 'access.extendGrant.shrink',
          callees: ['storage.shrinkDrive', 'compute.shrinkAllocation'],
          run: async (subject, call) =>
            toStep(
              subject.offer.kind === 'STORAGE'
                ? await storage.shrinkDrive(subject, call)
                : await compute.shrinkAllocation(subject, call),
            ),
        },
      },
      {
        name: 'issuePrepayment',
        deadlineMs: null,
        do: {
          name: 'issuePrepayment',
          point: 'access.extendGrant.issuePrepayment',
          callees: ['accounting.issuePrepayment'],
          run: issuePrepayment,
        },
        undo: {
          name: 'voidPrepayment',
          point: 'access.extendGrant.voidPrepayment',
          callees: ['accounting.voidPrepayment'],
          run: async ({ holdId }, call) =>
            holdId === null ? NOTHING_TO_DO : toStep(await accounting.voidPrepayment(holdId, call)),
        },
      },
      {
        name: 'captureHold',
        deadlineMs: null,
        commits: true,
        do: {
          name: 'captureHold',
          point: 'access.extendGrant.captureHold',
          callees: ['accounting.captureHold'],
          run: captureHold,
        },
        undo: null,
      },
    ],
  };

  function extendEscrow(subject: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    const { extensionId, grantId, payerAccountId, plan, total } = subject;
    const price = total.micros === 0n ? null : { amount: total, holdExpiresInSeconds: holdSeconds(subject) };
    const wish = { extensionId, grantId, payerAccountId, price, endsAt: plan.endsAt };
    return reservePrice(call, (keyed) => accounting.extendEscrow(wish, keyed));
  }

  async function grow(subject: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    const { extensionId, grantId, offer, plan, before, total } = subject;
    const { endsAt, addedQuantityMicros } = plan;
    if (offer.kind === 'STORAGE') {
      const quotaBytes = toQuotaBytes(before.quantityMicros + addedQuantityMicros);
      return toStep(await storage.extendDrive({ extensionId, grantId, quotaBytes, endsAt }, call));
    }
    const unitPrice = { micros: plan.priceMicros, unit: total.unit };
    const added = addedQuantityMicros === 0n ? null : { quantityMicros: addedQuantityMicros, unitPrice, amount: total };
    const paid = { micros: before.paidMicros, unit: total.unit };
    return toStep(await compute.extendAllocation({ extensionId, grantId, endsAt, paid, added }, call));
  }

  async function issuePrepayment(subject: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    const { holdId, offer, plan, before, total } = subject;
    if (holdId === null) return NOTHING_TO_DO;
    const lines = planParts(before, offer.kind, plan).map((part) =>
      lineOf(
        {
          ...part,
          unitPrice: { micros: part.priceMicros, unit: total.unit },
          amount: { micros: part.paidMicros, unit: total.unit },
        },
        offer.per,
      ),
    );
    const issued = await accounting.issuePrepayment({ holdId, lines }, call);
    return issued.ok ? { kind: 'DONE', facts: issued.value } : { kind: 'REFUSED', refusal: issued.refusal };
  }

  async function captureHold({ holdId, total }: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    return holdId === null ? NOTHING_TO_DO : toStep(await accounting.captureHold({ holdId, amount: total }, call));
  }
}

/** More time of compute costs nothing, so that there is no money to move. */
const NOTHING_TO_DO: StepResult<ExtensionFacts> = { kind: 'DONE', facts: {} };
