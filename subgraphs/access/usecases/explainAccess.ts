import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Money } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { accessLimits } from '../domain/limits.js';
import { judgeInForce, type Offer } from '../domain/offer.js';
import { parseQuantity } from '../domain/quantity.js';
import { isBinding, makeQuote } from '../domain/quote.js';
import { quoteClaims } from '../domain/quoteClaims.js';
import { parseWindow } from '../domain/window.js';
import { parsePrice, type RequestAccessInput } from './accessWish.js';
import { needsGroup } from './beginRequest.js';
import type { Dependencies } from './dependencies.js';
import { judgeFunds } from './judgeFunds.js';
import { judgeRoom } from './judgeRoom.js';
import { parseWords } from './parseWords.js';
import type { Caller } from './ports.js';
import type { Wish } from './priceWish.js';
import { quotedOffer } from './quotedOffer.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeOffer } from './visibility.js';

/** A wish to explain: as requestAccess takes it, without a key, and with or without a name. */
export interface ExplainAccessInput extends Omit<RequestAccessInput, 'idempotencyKey' | 'name'> {
  readonly name?: string | null | undefined;
}

/** One thing that stands in the way. */
export interface AccessBlock {
  readonly refusal: Refusal;
  /** What to do about it. */
  readonly remedy: string;
  /** The group that could change it; null where the requester can, or nobody. */
  readonly applyToId: string | null;
}

/** What would become of a wish. */
export interface AccessExplanation {
  /** In the order in which requestAccess looks at them: its refusal is the first. */
  readonly blocks: readonly AccessBlock[];
  /** What it would cost; null where that cannot be told. */
  readonly total: Money | null;
  /** The group whose ADMINs would decide; null where nobody has to. */
  readonly reviewersId: string | null;
}

/** A wish as far as it could be read. */
interface Priced {
  readonly offer: Offer;
  readonly total: Money | null;
  readonly quantityMicros: bigint | null;
  readonly refusals: readonly Refusal[];
}

/**
 * Tells all that stands in the way of a wish at once, where requestAccess tells the first: what it refuses with, and of an
 * automatic offer whether there is room, which makes the request FAILED. Nothing is kept or reserved, so that funds and
 * room can be others' by the time they are needed.
 * @throws Fault as requestAccess: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for an offer, quote, group or account
 */
export async function explainAccess(
  deps: Dependencies,
  caller: Caller,
  input: ExplainAccessInput,
): Promise<AccessExplanation> {
  const person = requestingPerson(caller.viewer);
  const form = judgeForm(input);
  const price = parsePrice(input);
  if (!price.ok)
    return {
      blocks: [...form, price.refusal].map((refusal) => toBlock(refusal, null)),
      total: null,
      reviewersId: null,
    };
  if (!isId('account', input.accountId)) throw notFound('account');
  const groupId = input.groupId ?? null;
  if (groupId !== null && !person.roles.has(groupId)) throw notFound('group');
  const { offer, total, quantityMicros, refusals } = await priced(deps, person, price.value);
  const group = offer.approval === 'GROUP_ADMIN' && groupId === null ? [needsGroup] : [];
  const others = [...form, ...refusals, ...group];
  // The real call would not come to look there.
  const unlessOthers = (fault: unknown): readonly Refusal[] => {
    if (others.length > 0) return [];
    throw fault;
  };
  const wish = { accountId: input.accountId, total, unit: offer.price.unit };
  const funds = await judgeFunds(deps, caller, person, wish).catch(unlessOthers);
  const room = quantityMicros === null ? [] : await judgeRoom(deps, caller, offer, quantityMicros).catch(unlessOthers);
  return {
    blocks: [
      ...form.map((refusal) => toBlock(refusal, null)),
      ...refusals.map((refusal) => toBlock(refusal, offer.providerId)),
      ...[...group, ...funds].map((refusal) => toBlock(refusal, null)),
      ...room.map((refusal) => toBlock(refusal, offer.providerId)),
    ],
    total,
    reviewersId: offer.approval === 'AUTOMATIC' ? null : offer.approval === 'PROVIDER' ? offer.providerId : groupId,
  };
}

const toBlock = (refusal: Refusal, applyToId: string | null): AccessBlock => ({
  refusal,
  remedy: refusalRegistry[refusal.code],
  applyToId,
});

function judgeForm({ name, justification }: ExplainAccessInput): readonly Refusal[] {
  const read = [
    ...(name == null ? [] : [parseLine(name, ['name'])]),
    parseWords(justification, ['justification'], accessLimits.justificationCharactersMax),
  ];
  return read.flatMap((one) => (one.ok ? [] : [one.refusal]));
}

const priced = (deps: Dependencies, person: Person, price: string | Wish): Promise<Priced> =>
  typeof price === 'string' ? pricedByQuote(deps, person, price) : pricedByOffer(deps, person, price);

async function pricedByQuote(
  { database, clock, quoteSeal }: Dependencies,
  person: Person,
  quoteId: string,
): Promise<Priced> {
  const [quote] = isId('quote', quoteId) ? await database.quotes.byIds([quoteId]) : [];
  if (quote === undefined || quote.requesterId !== person.userId) throw notFound('quote');
  const now = clock.now();
  const isDead = !isBinding(quote, now) || quote.endsAt <= now;
  const isGenuine = await quoteSeal.isGenuine(quote.proof, quoteClaims(quote));
  const { offer } = await quotedOffer(database, quoteId);
  const refusals = [
    ...(isDead ? [refused('QUOTE_EXPIRED', 'The quote does not bind any more; ask for a new one.')] : []),
    ...(isGenuine ? [] : [refused('QUOTE_NOT_GENUINE', 'The quote is not as it was given out; ask for a new one.')]),
  ];
  return { offer, total: quote.total, quantityMicros: quote.quantityMicros, refusals };
}

async function pricedByOffer({ database, clock }: Dependencies, person: Person, wish: Wish): Promise<Priced> {
  const [offer] = isId('offer', wish.offerId) ? await database.offers.byIds([wish.offerId]) : [];
  if (offer === undefined || !maySeeOffer(person, offer)) throw notFound('offer');
  const now = clock.now();
  const quantity = parseQuantity(wish.quantity, offer);
  const window = parseWindow(wish, now, offer);
  const named = { id: '', offer, requesterId: person.userId };
  const quote =
    quantity.ok && window.ok ? makeQuote({ ...named, quantityMicros: quantity.value }, window.value, now) : null;
  const notInForce = judgeInForce(offer, now);
  const refusals = [
    ...(notInForce === null ? [] : [notInForce]),
    ...[quantity, window, ...(quote === null ? [] : [quote])].flatMap((one) => (one.ok ? [] : [one.refusal])),
  ];
  const total = quote?.ok ? quote.value.total : null;
  return { offer, total, quantityMicros: quantity.ok ? quantity.value : null, refusals };
}
