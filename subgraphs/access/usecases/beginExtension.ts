import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { decidesFor } from '../../../platform/kernel/principal.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type ExtensionInput, parseExtension } from '../domain/extension.js';
import { type Grant, grantStatus } from '../domain/grant.js';
import { accessLimits } from '../domain/limits.js';
import { judgeInForce, type Offer } from '../domain/offer.js';
import { reviewDeadlineOf } from '../domain/review.js';
import { firstState } from '../domain/saga.js';
import type { Dependencies } from './dependencies.js';
import { parseWords } from './parseWords.js';
import type { ExtensionSubject, Run } from './ports/sagas.js';
import type { Store } from './ports.js';
import { maySeeHeldBy, maySeeOffer } from './visibility.js';

/** What to add to a grant, as clients send it. */
export interface ExtendGrantInput extends ExtensionInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
  readonly justification?: string | null | undefined;
}

/** A chain that was begun, by the policy of the grant's offer. */
export interface BegunExtension {
  readonly saga: 'extendGrant' | 'reviewedExtension';
  readonly run: Run<ExtensionSubject>;
}

/**
 * Judges an extension and writes it with its chain; the grant is locked, so that its end and its extensions take turns.
 * In the order rights, grant, offer, quantity and window. Refusals: those of extendGrant but the funds.
 * @throws Fault NOT_FOUND for others than the holder, FORBIDDEN for operators and a group's MEMBERs
 */
export async function beginExtension(
  { clock, newId, chains }: Pick<Dependencies, 'clock' | 'newId' | 'chains'>,
  store: Store,
  person: Person,
  input: ExtendGrantInput,
): Promise<Result<BegunExtension, Refusal>> {
  const grant = isId('grant', input.grantId) ? await store.grants.lock(input.grantId) : null;
  if (grant === null || !maySeeHeldBy(person, grant.holderId)) throw notFound('grant');
  if (!decidesFor(person, grant.holderId)) {
    throw forbidden('Only its holder, or the ADMINs of the group that holds it, may extend a grant.');
  }
  const now = clock.now();
  const [offer] = await store.offers.byIds([grant.offerId]);
  const request = await store.requests.find(grant.requestId);
  if (offer === undefined || request === null) throw new Error('a grant has an offer and a request');
  const groupId = isId('group', grant.holderId) ? grant.holderId : null;
  const notNow = judgeGrant(grant, now) ?? judgeOffer(person, offer, groupId, now);
  if (notNow !== null) return err(notNow);
  const justification = parseWords(input.justification, ['justification'], accessLimits.justificationCharactersMax);
  if (!justification.ok) return justification;
  const planned = parseExtension(input, grant, offer, now);
  if (!planned.ok) return planned;
  const { totalMicros, ...plan } = planned.value;
  const extensionId = newId('extension');
  const saga = offer.approval === 'AUTOMATIC' ? 'extendGrant' : 'reviewedExtension';
  // What is decided on later than the grant ends would come too late.
  const reviewDeadline = saga === 'extendGrant' ? null : reviewDeadlineOf(grant, now);
  await store.extensions.insert({
    id: extensionId,
    grantId: grant.id,
    requesterId: person.userId,
    justification: justification.value,
    groupId,
    requesterRole: groupId === null ? null : (person.roles.get(groupId) ?? null),
    providerId: offer.providerId,
    approval: offer.approval,
    twoPeopleAboveMicros: offer.twoPeopleAboveMicros,
    reviewDeadline,
    offerVersion: offer.version,
    ...plan,
    totalMicros,
  });
  const state = firstState(chains[saga].plan, now);
  const lease = await store.sagaRuns.begin({ id: extensionId, saga, state, now });
  const subject: ExtensionSubject = {
    extensionId,
    grantId: grant.id,
    offer,
    payerAccountId: request.accountId,
    reviewDeadline,
    decision: null,
    plan,
    total: { micros: totalMicros, unit: grant.unit },
    before: { quantityMicros: grant.quantityMicros, endsAt: grant.endsAt, paidMicros: grant.paidMicros },
    holdId: null,
    invoiceId: null,
  };
  return ok({ saga, run: { ...lease, state, startedAt: now, subject } });
}

function judgeGrant(grant: Grant, now: Date): Refusal | null {
  if (!['SCHEDULED', 'ACTIVE'].includes(grantStatus(grant, now))) {
    return refused('GRANT_NOT_ACTIVE', 'The grant has ended; ask for another.');
  }
  return grant.isExtending
    ? refused('EXTENSION_UNDER_WAY', 'Another extension of the grant is under way; wait until it has ended.')
    : null;
}

function judgeOffer(person: Person, offer: Offer, groupId: string | null, now: Date): Refusal | null {
  if (!maySeeOffer(person, offer)) return refused('OFFER_RETIRED', 'The offer is not given to you any more.');
  const notInForce = judgeInForce(offer, now);
  if (notInForce !== null) return notInForce;
  // The offer was another's to decide on when the grant was given.
  return offer.approval === 'GROUP_ADMIN' && groupId === null
    ? refused('EXTENSION_NEEDS_REVIEW', 'The ADMINs of a group decide on this offer, and no group holds the grant.')
    : null;
}
