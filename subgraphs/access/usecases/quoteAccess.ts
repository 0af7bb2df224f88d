import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope } from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Quote } from '../domain/quote.js';
import type { Dependencies } from './dependencies.js';
import type { Caller, Store } from './ports.js';
import { priceWish } from './priceWish.js';
import { requestingPerson } from './requestingPerson.js';

/** A wish to price. */
export interface QuoteAccessInput {
  readonly idempotencyKey: string;
  readonly offerId: string;
  readonly quantity: string;
  readonly startsAt?: Date | null | undefined;
  readonly endsAt: Date;
}

/**
 * Gives a price that binds for a quarter of an hour.
 * Refusals: INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, OFFER_RETIRED, OFFER_NOT_IN_FORCE, QUANTITY_OUT_OF_RANGE, WINDOW_INVALID.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for an unknown offer
 */
export async function quoteAccess(
  { database, clock, newId, quoteSeal }: Pick<Dependencies, 'database' | 'clock' | 'newId' | 'quoteSeal'>,
  caller: Caller,
  input: QuoteAccessInput,
): Promise<Result<Quote, Refusal>> {
  const person = requestingPerson(caller.viewer);
  return database.transactionally((store) => {
    const call = { scope: idempotencyScope(person), key: input.idempotencyKey, operation: 'quoteAccess', input };
    return once(
      store.sql,
      call,
      async () => {
        const priced = await priceWish(
          { offers: store.offers, quoteSeal },
          { ...input, startsAt: input.startsAt ?? null },
          { quoteId: newId('quote'), viewer: person, now: clock.now() },
        );
        if (priced.ok) await store.quotes.insert(priced.value.quote, null);
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'quoteAccess',
          target: priced.ok ? priced.value.quote.id : null,
          outcome: priced.ok ? 'OK' : priced.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        });
        return priced.ok ? ok(priced.value.quote) : priced;
      },
      { save: (quote) => quote.id, load: (id) => loadQuote(store, String(id)) },
    );
  });
}

async function loadQuote({ quotes }: Store, id: string): Promise<Quote> {
  const [quote] = await quotes.byIds([id]);
  if (quote === undefined) throw notFound('quote');
  return quote;
}
