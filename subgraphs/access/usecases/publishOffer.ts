import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { accessLimits } from '../domain/limits.js';
import type { Offer, OfferTerms, PriceBasis } from '../domain/offer.js';
import { kindOf, parseTerms, type TermsInput } from '../domain/publication.js';
import type { Dependencies } from './dependencies.js';
import { parseWords } from './parseWords.js';
import type { Caller, Store } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { requireProvider } from './requireProvider.js';
import { maySeeOffer } from './visibility.js';

/** An offer to publish, or the next version of one. */
export interface PublishOfferInput extends TermsInput {
  readonly idempotencyKey: string;
  /** The offer whose next version it is; absent: a new offer. */
  readonly offerId?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly per?: PriceBasis | null | undefined;
  readonly providerId?: string | null | undefined;
  readonly payeeAccountId?: string | null | undefined;
  readonly resourceId?: string | null | undefined;
}

/**
 * Publishes an offer, or new terms for one. Terms are never changed: they are followed by the next version, and what
 * was quoted by an earlier one stays as it was.
 * Refusals: IDEMPOTENCY_KEY_REUSED, INVALID_INPUT, those of the amounts and bounds
 * (parseTerms), UNIT_MISMATCH, OFFER_RETIRED.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for others than the provider's ADMINs, NOT_FOUND
 */
export async function publishOffer(
  deps: Dependencies,
  caller: Caller,
  input: PublishOfferInput,
): Promise<Result<Offer, Refusal>> {
  const person = requestingPerson(caller.viewer);
  if (person.actor !== null) throw forbidden('Only a person publishes offers, no service does for one.');
  // Asked before the transaction begins, so that none waits for another service.
  const payee = await payeeOf(deps, caller, input);
  const { idempotencyKey: key } = input;
  return deps.database.transactionally((store) =>
    once(
      store.sql,
      { scope: idempotencyScope(person), key, operation: 'publishOffer', input },
      async () => {
        const judged = await judge({ store, newId: deps.newId }, person, input, payee);
        if (judged.ok) await write(store, judged.value, actorName(person));
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'publishOffer',
          target: judged.ok ? judged.value.id : (input.offerId ?? null),
          outcome: judged.ok ? 'OK' : judged.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
          ...(judged.ok ? { detail: { version: judged.value.version } } : {}),
        });
        return judged;
      },
      {
        save: ({ id, version }) => ({ id, version }),
        load: async (saved) => {
          const { id, version } = saved as { readonly id: string; readonly version: number };
          return (await store.offers.atVersion(id, version)) ?? notThere();
        },
      },
    ),
  );
}

const write = ({ offers }: Store, offer: Offer, by: string): Promise<void> =>
  offer.version === 1 ? offers.insert(offer, by) : offers.insertVersion(offer, by);

function judge(
  tools: { readonly store: Store; readonly newId: Dependencies['newId'] },
  person: Person,
  input: PublishOfferInput,
  payee: Payee | null,
): Promise<Result<Offer, Refusal>> {
  return input.offerId == null
    ? judgeNew(tools, person, input, payee)
    : judgeNext(tools.store, person, input.offerId, input);
}

async function judgeNew(
  { store, newId }: { readonly store: Store; readonly newId: Dependencies['newId'] },
  person: Person,
  input: PublishOfferInput,
  payee: Payee | null,
): Promise<Result<Offer, Refusal>> {
  const { per, resourceId } = input;
  const providerId = requireProvider(person, input.providerId ?? null);
  if (!providerId.ok) return providerId;
  const name = parseLine(input.name ?? '', ['name']);
  if (!name.ok) return name;
  const description = parseWords(input.description, ['description'], accessLimits.justificationCharactersMax);
  if (!description.ok) return description;
  if (per == null) return err(invalidInput(['per'], 'Say what one unit of quantity is.'));
  const wrong = judgeResource(per, resourceId ?? null);
  if (wrong !== null) return err(wrong);
  const terms = parseTerms(input);
  if (!terms.ok) return terms;
  const payeeAccountId =
    payee === null
      ? await store.offers.payeeOf(providerId.value, terms.value.price.unit)
      : judgePayee(payee, providerId.value, terms.value);
  if (payeeAccountId === null)
    return err(invalidInput(['payeeAccountId'], "Name the provider's REVENUE account that earns."));
  if (typeof payeeAccountId !== 'string') return err(payeeAccountId);
  return ok({
    ...terms.value,
    id: newId('offer'),
    kind: kindOf(per),
    name: name.value,
    description: description.value ?? '',
    status: 'ACTIVE',
    per,
    version: 1,
    providerId: providerId.value,
    payeeAccountId,
    resource: resourceId ?? null,
  });
}

function judgeResource(per: PriceBasis, resourceId: string | null): Refusal | null {
  if (kindOf(per) === 'STORAGE') {
    return resourceId === null
      ? null
      : invalidInput(['resourceId'], 'A drive is not given on a cluster; leave it out.');
  }
  return resourceId !== null && isId('cluster', resourceId) ? null : invalidInput(['resourceId'], 'Name the cluster.');
}

async function judgeNext(
  { offers }: Store,
  person: Person,
  offerId: string,
  input: PublishOfferInput,
): Promise<Result<Offer, Refusal>> {
  const offer = isId('offer', offerId) ? await offers.lock(offerId) : null;
  if (offer === null || !maySeeOffer(person, offer)) throw notFound('offer');
  if (person.roles.get(offer.providerId) !== 'ADMIN') throw forbidden("Only the provider's ADMINs publish its offers.");
  if (offer.status === 'RETIRED')
    return err(refused('OFFER_RETIRED', 'The offer is not given any more; publish another.'));
  const { name, description, per, providerId, payeeAccountId, resource: resourceId } = offer;
  const fixed = Object.entries({ name, description, per, providerId, payeeAccountId, resourceId });
  const changed = fixed.find(([field, value]) => {
    const wanted = input[field as keyof PublishOfferInput];
    return wanted != null && wanted !== value;
  });
  if (changed !== undefined) {
    return err(
      invalidInput([changed[0]], `${changed[0]} is the same in all versions of an offer; publish another offer.`),
    );
  }
  const terms = parseTerms(input);
  if (!terms.ok) return terms;
  if (terms.value.price.unit !== offer.price.unit) {
    return err(invalidInput(['price', 'unit'], `The offer is priced in ${offer.price.unit}.`, 'UNIT_MISMATCH'));
  }
  return ok({ ...offer, ...terms.value, version: offer.version + 1 });
}

/** An account that shall earn, as accounting shows it to the person. */
type Payee = NonNullable<Awaited<ReturnType<Dependencies['peers']['accounting']['findAccount']>>>;

/** The account that is named, or null where none is. @throws Fault NOT_FOUND where it is not the person's to see */
async function payeeOf({ peers }: Dependencies, caller: Caller, input: PublishOfferInput): Promise<Payee | null> {
  const { payeeAccountId: id, offerId } = input;
  if (id == null || offerId != null) return null;
  if (!isId('account', id)) throw notFound('account');
  const wish = { token: caller.token ?? '', audience: 'accounting', scopes: [] } as const;
  const token = await peers.identity.exchangeToken(wish, caller);
  const account = await peers.accounting.findAccount(id, { ...caller, token });
  if (account === null) throw notFound('account');
  return account;
}

/** The id of an account that can earn for a provider, or why it cannot. */
function judgePayee(payee: Payee, providerId: string, { price }: OfferTerms): string | Refusal {
  if (payee.kind !== 'REVENUE' || payee.ownerId !== providerId) {
    return invalidInput(['payeeAccountId'], 'Only a REVENUE account of the provider earns from its offers.');
  }
  if (payee.unit === price.unit) return payee.id;
  return invalidInput(['price', 'unit'], `The account is in ${payee.unit}.`, 'UNIT_MISMATCH');
}

function notThere(): never {
  throw notFound('offer');
}
