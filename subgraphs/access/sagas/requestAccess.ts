import type { Clock } from '../../../platform/kernel/clock.js';
import { toQuotaBytes } from '../domain/quantity.js';
import { linesOf, partOf } from '../domain/quote.js';
import type { Peers } from '../usecases/ports/peers.js';
import type { RequestFacts, RequestSubject } from '../usecases/ports/sagas.js';
import { reservePrice } from './reservePrice.js';
import { reviewStep, withReview } from './review.js';
import { type Saga, type StepCall, type StepResult, toStep } from './saga.js';
import { chainTerms, holdSeconds } from './terms.js';

/**
 * The chain of a request that people decide on: as requestAccess, with a step after the price is reserved that waits for
 * them. What they decided stands with the request; the clock judges alone where nobody did in time.
 */
export function reviewedAccessSaga(peers: Peers, clock: Clock): Saga<RequestSubject, RequestFacts> {
  const review = reviewStep<RequestSubject, RequestFacts>('access.requestAccess.review', clock);
  return { ...withReview(requestAccessSaga(peers), review), name: 'reviewedAccess' };
}

/**
 * The chain of requestAccess. Each step is made under the key `<requestId>:<step>`; what it refuses after the price is
 * reserved makes the request FAILED, and everything before it is undone, last first.
 */
export function requestAccessSaga({ accounting, storage, compute }: Peers): Saga<RequestSubject, RequestFacts> {
  return {
    name: 'requestAccess',
    deadlineMs: chainTerms.deadlineMs,
    timedOut: chainTerms.timedOut,
    rejected: chainTerms.rejected,
    steps: [
      {
        name: 'openEscrow',
        deadlineMs: chainTerms.reserveDeadlineMs,
        do: {
          name: 'openEscrow',
          point: 'access.requestAccess.openEscrow',
          callees: ['accounting.openEscrow'],
          run: openEscrow,
        },
        undo: {
          name: 'abandonEscrow',
          point: 'access.requestAccess.abandonEscrow',
          callees: ['accounting.abandonEscrow'],
          // Where the capture was undone by closing the escrow, accounting finds nothing more to do.
          run: async (subject, call) => toStep(await accounting.abandonEscrow(subject.grantId, call)),
        },
      },
      {
        name: 'provision',
        deadlineMs: null,
        do: {
          name: 'provision',
          point: 'access.requestAccess.provision',
          callees: ['storage.provisionDrive', 'compute.provisionAllocation'],
          run: provision,
        },
        undo: {
          name: 'deprovision',
          point: 'access.requestAccess.deprovision',
          callees: ['storage.closeDrive', 'compute.closeAllocation'],
          run: deprovision,
        },
      },
      {
        name: 'issuePrepayment',
        deadlineMs: null,
        do: {
          name: 'issuePrepayment',
          point: 'access.requestAccess.issuePrepayment',
          callees: ['accounting.issuePrepayment'],
          run: issuePrepayment,
        },
        undo: {
          name: 'voidPrepayment',
          point: 'access.requestAccess.voidPrepayment',
          callees: ['accounting.voidPrepayment'],
          run: voidPrepayment,
        },
      },
      {
        name: 'captureHold',
        deadlineMs: null,
        do: {
          name: 'captureHold',
          point: 'access.requestAccess.captureHold',
          callees: ['accounting.captureHold'],
          run: captureHold,
        },
        undo: {
          name: 'returnMoney',
          point: 'access.requestAccess.returnMoney',
          callees: ['accounting.releaseHold', 'accounting.closeEscrow'],
          run: returnMoney,
        },
      },
      {
        name: 'activate',
        deadlineMs: null,
        do: {
          name: 'activate',
          point: 'access.requestAccess.activate',
          callees: ['storage.activateDrive', 'compute.activateAllocation'],
          run: activate,
        },
        // First of all, should the answer be lost: nobody uses what is being paid back.
        undo: {
          name: 'closeResource',
          point: 'access.requestAccess.closeResource',
          callees: ['storage.closeDrive', 'compute.closeAllocation'],
          run: deprovision,
        },
      },
    ],
  };

  function openEscrow(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    const { quote, offer } = subject;
    const wish = {
      grantId: subject.grantId,
      holderId: subject.holderId,
      payerAccountId: subject.payerAccountId,
      payeeAccountId: offer.payeeAccountId,
      offerId: offer.id,
      clusterId: offer.resource,
      amount: quote.total,
      holdExpiresInSeconds: holdSeconds(subject),
      startsAt: quote.startsAt,
      endsAt: quote.endsAt,
    };
    return reservePrice(call, (keyed) => accounting.openEscrow(wish, keyed));
  }

  async function provision(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    const { grantId, holderId, name, offer, quote, agreed } = subject;
    const { startsAt, endsAt } = quote;
    if (offer.kind === 'STORAGE') {
      const quotaBytes = toQuotaBytes(agreed.quantityMicros);
      return toStep(
        await storage.provisionDrive({ grantId, ownerId: holderId, name, quotaBytes, startsAt, endsAt }, call),
      );
    }
    const wish = {
      grantId,
      holderId,
      escrowAccountId: known(subject.escrowAccountId),
      payeeAccountId: offer.payeeAccountId,
      clusterId: known(offer.resource),
      unitPrice: quote.price,
      per: offer.per,
      startsAt,
      endsAt,
    };
    return toStep(await compute.provisionAllocation(wish, call));
  }

  async function deprovision({ grantId, offer }: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    if (offer.kind === 'STORAGE') return toStep(await storage.closeDrive({ grantId, purge: false }, call));
    const closed = await compute.closeAllocation({ grantId, wait: false }, call);
    return closed.ok && !closed.value.isSettled ? { kind: 'PENDING' } : toStep(closed);
  }

  async function issuePrepayment(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    const lines = linesOf(partOf(subject.quote, subject.agreed), subject.offer.per);
    const issued = await accounting.issuePrepayment({ holdId: known(subject.holdId), lines }, call);
    return issued.ok ? { kind: 'DONE', facts: issued.value } : { kind: 'REFUSED', refusal: issued.refusal };
  }

  async function voidPrepayment(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    // A paid prepayment is made good by the credit note of the returned money.
    if (subject.captured) return { kind: 'DONE', facts: {} };
    return toStep(await accounting.voidPrepayment(known(subject.holdId), call));
  }

  async function captureHold(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    const wish = { holdId: known(subject.holdId), amount: partOf(subject.quote, subject.agreed).total };
    const captured = await accounting.captureHold(wish, call);
    return captured.ok ? { kind: 'DONE', facts: { captured: true } } : { kind: 'REFUSED', refusal: captured.refusal };
  }

  /**
   * Undoes a capture whose answer may be lost. Releasing the hold finds out: where that works nothing was captured and
   * nothing can be any more; where the hold is not open, the money is in the escrow, and closing that returns it.
   */
  async function returnMoney(subject: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    if (!subject.captured) {
      const released = await accounting.releaseHold(known(subject.holdId), { ...call, key: `${call.key}:release` });
      if (released.ok || released.refusal.code === 'HOLD_EXPIRED') return { kind: 'DONE', facts: {} };
      if (released.refusal.code !== 'HOLD_NOT_OPEN') return { kind: 'REFUSED', refusal: released.refusal };
    }
    const earnedSoFar = { micros: 0n, unit: subject.quote.total.unit };
    const wish = { escrowAccountId: known(subject.escrowAccountId), earnedSoFar };
    const closed = await accounting.closeEscrow(wish, { ...call, key: `${call.key}:close` });
    if (closed.ok || closed.refusal.code === 'ACCOUNT_CLOSED') return { kind: 'DONE', facts: { captured: true } };
    return { kind: 'REFUSED', refusal: closed.refusal };
  }

  async function activate({ grantId, offer }: RequestSubject, call: StepCall): Promise<StepResult<RequestFacts>> {
    return toStep(
      offer.kind === 'STORAGE'
        ? await storage.activateDrive(grantId, call)
        : await compute.activateAllocation(grantId, call),
    );
  }
}

/** What an earlier step has made known: without it the chain would not stand here. */
function known<Value>(value: Value | null): Value {
  if (value === null) throw new Error('a step of the chain lacks what an earlier one made');
  return value;
}
