import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { type CallKey, once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { notSupported, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { isBinding } from '../domain/quote.js';
import { firstState } from '../domain/saga.js';
import { type AccessWish, parseAccessWish, type RequestAccessInput } from './accessWish.js';
import type { Dependencies } from './dependencies.js';
import type { RequestSubject, Run } from './ports/sagas.js';
import type { Caller, Store } from './ports.js';
import { type PricedOffer, priceWish } from './priceWish.js';

/** What a call that asks for access stands on. */
interface Submission {
  readonly requestId: string;
  /** The chain that this very call began; null where the key was known. */
  readonly begun: Run<RequestSubject> | null;
}

/** Whose key a call's is, and for what. */
export const requestKey = (person: Person, input: RequestAccessInput): CallKey => ({
  scope: idempotencyScope(person),
  key: input.idempotencyKey,
  operation: 'requestAccess',
  input,
});

/**
 * The first commit, before any remote effect: the key, the request that nobody sees yet, its chain with a task that
 * takes it up should this process die, and the audit entry. Refusals: those of requestAccess but the funds.
 */
export async function submitRequest(
  deps: Pick<Dependencies, 'database' | 'clock' | 'newId' | 'chains'>,
  caller: Caller,
  person: Person,
  input: RequestAccessInput,
): Promise<Result<Submission, Refusal>> {
  let begun: Run<RequestSubject> | null = null;
  const submitted = await deps.database.transactionally(async (store) => {
    begun = null;
    const result = await once<string>(
      store.sql,
      requestKey(person, input),
      async () => {
        const decided = await begin(deps, store, person, input);
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'requestAccess',
          target: decided.ok ? decided.value.id : null,
          outcome: decided.ok ? 'OK' : decided.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        });
        if (!decided.ok) return decided;
        begun = decided.value;
        return ok(decided.value.id);
      },
      { save: (id) => id, load: async (id) => String(id) },
    );
    await faultpoint('access.requestAccess.submit.before');
    return result;
  });
  await faultpoint('access.requestAccess.submit.after');
  return submitted.ok ? ok({ requestId: submitted.value, begun }) : submitted;
}

async function begin(
  { clock, newId, chains }: Pick<Dependencies, 'clock' | 'newId' | 'chains'>,
  store: Store,
  person: Person,
  input: RequestAccessInput,
): Promise<Result<Run<RequestSubject>, Refusal>> {
  const now = clock.now();
  const wish = parseAccessWish(input);
  if (!wish.ok) return wish;
  if (!isId('account', input.accountId)) throw notFound('account');
  const requestId = newId('request');
  const priced = await priceOf(store, wish.value, { quoteId: newId('quote'), requesterId: person.userId, now });
  if (!priced.ok) return priced;
  const { quote, offer } = priced.value;
  if (offer.approval !== 'AUTOMATIC') return err(notSupported(['offerId']));
  if (typeof wish.value.price !== 'string') await store.quotes.insert(quote, requestId);
  const { name, justification } = wish.value;
  const grantId = newId('grant');
  const accountId = input.accountId;
  const requesterId = person.userId;
  await store.requests.insert({
    id: requestId,
    requesterId,
    quoteId: quote.id,
    accountId,
    name,
    justification,
    grantId,
  });
  const state = firstState(chains.requestAccess.plan, now);
  const lease = await store.sagaRuns.begin({ id: requestId, saga: 'requestAccess', state, now });
  const subject = { grantId, holderId: requesterId, payerAccountId: accountId, name, offer, quote };
  const facts = { escrowAccountId: null, holdId: null, invoiceId: null, captured: false };
  return ok({ ...lease, state, startedAt: now, subject: { ...subject, ...facts } });
}

/** The quote that was named, or a fresh one. */
async function priceOf(
  store: Store,
  { price }: AccessWish,
  fresh: { readonly quoteId: string; readonly requesterId: string; readonly now: Date },
): Promise<Result<PricedOffer, Refusal>> {
  if (typeof price !== 'string') return priceWish(store, price, fresh);
  const [quote] = isId('quote', price) ? await store.quotes.byIds([price]) : [];
  if (quote === undefined || quote.requesterId !== fresh.requesterId) throw notFound('quote');
  const [offer] = await store.offers.byIds([quote.offerId]);
  if (offer === undefined) throw notFound('offer');
  const isOver = quote.endsAt <= fresh.now;
  if (!isBinding(quote, fresh.now) || isOver) {
    return err(refused('QUOTE_EXPIRED', 'The quote does not bind any more; ask for a new one.'));
  }
  return ok({ quote, offer });
}
