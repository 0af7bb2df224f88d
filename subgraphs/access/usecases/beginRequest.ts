import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { isBinding } from '../domain/quote.js';
import { quoteClaims } from '../domain/quoteClaims.js';
import { reviewDeadlineOf } from '../domain/review.js';
import { firstState } from '../domain/saga.js';
import { type AccessWish, parseAccessWish, type RequestAccessInput } from './accessWish.js';
import type { Dependencies } from './dependencies.js';
import type { RequestSubject, Run } from './ports/sagas.js';
import type { Store } from './ports.js';
import { type PricedOffer, priceWish } from './priceWish.js';
import { quotedOffer } from './quotedOffer.js';

/** A chain that was begun, by the policy of its offer. */
export interface BegunRequest {
  readonly saga: 'requestAccess' | 'reviewedAccess';
  readonly run: Run<RequestSubject>;
}

/**
 * Judges a wish and writes the request with its chain, in the order input, rights, quote, quantity and window.
 * Refusals: those of requestAccess but the funds.
 * @throws Fault NOT_FOUND for a quote of another person, and an offer, account or group that is not there for the person
 */
export async function beginRequest(
  { clock, newId, chains, quoteSeal }: Pick<Dependencies, 'clock' | 'newId' | 'chains' | 'quoteSeal'>,
  store: Store,
  person: Person,
  input: RequestAccessInput,
): Promise<Result<BegunRequest, Refusal>> {
  const now = clock.now();
  const wish = parseAccessWish(input);
  if (!wish.ok) return wish;
  if (!isId('account', input.accountId)) throw notFound('account');
  const groupId = input.groupId ?? null;
  const requesterRole = groupId === null ? null : (person.roles.get(groupId) ?? null);
  if (groupId !== null && requesterRole === null) throw notFound('group');
  const priced = await priceOf({ ...store, quoteSeal }, wish.value, { quoteId: newId('quote'), viewer: person, now });
  if (!priced.ok) return priced;
  const { quote, offer } = priced.value;
  if (offer.approval === 'GROUP_ADMIN' && groupId === null) return err(needsGroup);
  const requestId = newId('request');
  if (typeof wish.value.price !== 'string') await store.quotes.insert(quote, requestId);
  const saga = offer.approval === 'AUTOMATIC' ? 'requestAccess' : 'reviewedAccess';
  const reviewDeadline = saga === 'requestAccess' ? null : reviewDeadlineOf(quote, now);
  const { name, justification } = wish.value;
  const { quantityMicros, total } = quote;
  const grantId = newId('grant');
  const request = { id: requestId, requesterId: person.userId, quoteId: quote.id, accountId: input.accountId };
  const review = { groupId, requesterRole, approval: offer.approval, reviewDeadline };
  const terms = { providerId: offer.providerId, twoPeopleAboveMicros: offer.twoPeopleAboveMicros };
  const sum = { quantityMicros, totalMicros: total.micros, unit: total.unit };
  await store.requests.insert({ ...request, ...review, ...terms, ...sum, name, justification, grantId });
  const state = firstState(chains[saga].plan, now);
  const lease = await store.sagaRuns.begin({ id: requestId, saga, state, now });
  const subject: RequestSubject = {
    grantId,
    holderId: groupId ?? person.userId,
    payerAccountId: input.accountId,
    name,
    offer,
    quote,
    agreed: { quantityMicros, totalMicros: total.micros },
    reviewDeadline,
    decision: null,
    escrowAccountId: null,
    holdId: null,
    invoiceId: null,
    captured: false,
    payerGroupId: null,
  };
  return ok({ saga, run: { ...lease, state, startedAt: now, subject } });
}

/** The refusal of a wish that names no group where one must decide. */
export const needsGroup = invalidInput(
  ['groupId'],
  "The requesting group's ADMINs decide on this offer; say for which group.",
);

/** The quote that was named, by the terms of then, or a fresh one. */
async function priceOf(
  store: Store & Pick<Dependencies, 'quoteSeal'>,
  { price }: AccessWish,
  fresh: { readonly quoteId: string; readonly viewer: Person; readonly now: Date },
): Promise<Result<PricedOffer, Refusal>> {
  if (typeof price !== 'string') return priceWish(store, price, fresh);
  const [known] = isId('quote', price) ? await store.quotes.byIds([price]) : [];
  if (known === undefined || known.requesterId !== fresh.viewer.userId) throw notFound('quote');
  const isOver = known.endsAt <= fresh.now;
  if (!isBinding(known, fresh.now) || isOver) {
    return err(refused('QUOTE_EXPIRED', 'The quote does not bind any more; ask for a new one.'));
  }
  if (!(await store.quoteSeal.isGenuine(known.proof, quoteClaims(known)))) {
    return err(refused('QUOTE_NOT_GENUINE', 'The quote is not as it was given out; ask for a new one.'));
  }
  return ok(await quotedOffer(store, known.id));
}
