import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { planParts } from '../domain/extension.js';
import { toQuotaBytes } from '../domain/quantity.js';
import { lineOf } from '../domain/quote.js';
import type { Peers } from '../usecases/ports/peers.js';
import type { ExtensionFacts, ExtensionSubject } from '../usecases/ports/sagas.js';
import { NeverSent, type Saga, type StepCall, type StepResult } from './saga.js';

const MINUTE_MS = 60_000;
const CHAIN_DEADLINE_MS = 15 * MINUTE_MS;
// Only the person's own call can reserve the price, and its exchanged token does not live long.
const RESERVE_DEADLINE_MS = MINUTE_MS;
/** As of a request: the chain's deadline plus a day. */
const HOLD_EXPIRES_IN_SECONDS = 86_400 + CHAIN_DEADLINE_MS / 1_000;

/** Why a chain ended whose first call was interrupted: nobody but the person could have made it again. */
const interrupted = refused(
  'CHAIN_INTERRUPTED',
  'The chain was interrupted while the price was being reserved; nothing was charged. Ask again with a fresh key.',
);

/**
 * Extends a grant: the price is reserved and the window at the ledger moved, the resource grows, then the money is captured
 * into the same escrow. The capture is the last step and is not undone, so that what was paid is never taken out of an
 * escrow that jobs spend from; until then everything is undone, last first. Each step is made under the key `<id>:<step>`.
 */
export function extendGrantSaga({ accounting, storage, compute }: Peers): Saga<ExtensionSubject, ExtensionFacts> {
  return {
    name: 'extendGrant',
    deadlineMs: CHAIN_DEADLINE_MS,
    timedOut: refused('CHAIN_TIMED_OUT', 'The chain did not end in time; everything was undone, nothing was charged.'),
    rejected: refused('PROVISIONING_FAILED', 'A service refused a step; everything was undone, nothing was charged.'),
    steps: [
      {
        name: 'extendEscrow',
        deadlineMs: RESERVE_DEADLINE_MS,
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
          run: async (subject, call) => done(await accounting.abandonExtension(subject, call)),
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
            done(
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
            holdId === null ? NOTHING_TO_DO : done(await accounting.voidPrepayment(holdId, call)),
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

  async function extendEscrow(subject: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    if (call.spendToken === null) return { kind: 'GIVEN_UP', refusal: interrupted };
    const token = await call.spendToken(call).catch((error: unknown) => {
      throw new NeverSent(error);
    });
    const { extensionId, grantId, payerAccountId, plan } = subject;
    const price =
      subject.total.micros === 0n ? null : { amount: subject.total, holdExpiresInSeconds: HOLD_EXPIRES_IN_SECONDS };
    const wish = { extensionId, grantId, payerAccountId, price, endsAt: plan.endsAt };
    const extended = await accounting.extendEscrow(wish, { ...call, token });
    return extended.ok ? { kind: 'DONE', facts: extended.value } : { kind: 'REFUSED', refusal: extended.refusal };
  }

  async function grow(subject: ExtensionSubject, call: StepCall): Promise<StepResult<ExtensionFacts>> {
    const { extensionId, grantId, offer, plan, before, total } = subject;
    const { endsAt, addedQuantityMicros } = plan;
    if (offer.kind === 'STORAGE') {
      const quotaBytes = toQuotaBytes(before.quantityMicros + addedQuantityMicros);
      return done(await storage.extendDrive({ extensionId, grantId, quotaBytes, endsAt }, call));
    }
    const unitPrice = { micros: plan.priceMicros, unit: total.unit };
    const added = addedQuantityMicros === 0n ? null : { quantityMicros: addedQuantityMicros, unitPrice, amount: total };
    const paid = { micros: before.paidMicros, unit: total.unit };
    return done(await compute.extendAllocation({ extensionId, grantId, endsAt, paid, added }, call));
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
    return holdId === null ? NOTHING_TO_DO : done(await accounting.captureHold({ holdId, amount: total }, call));
  }
}

/** More time of compute costs nothing, so that there is no money to move. */
const NOTHING_TO_DO: StepResult<ExtensionFacts> = { kind: 'DONE', facts: {} };

const done = (result: Result<unknown, Refusal>): StepResult<ExtensionFacts> =>
  result.ok ? { kind: 'DONE', facts: {} } : { kind: 'REFUSED', refusal: result.refusal };
