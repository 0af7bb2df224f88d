import type { Refusal } from '../../../platform/kernel/refusal.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Grant, GrantPart } from './grant.js';
import { accessLimits } from './limits.js';
import type { ApprovalPolicy, Offer, OfferKind } from './offer.js';
import { parseQuantity } from './quantity.js';
import { costMicros } from './quote.js';
import type { AccessRequestStatus } from './requestStates.js';
import type { GroupRole } from './roles.js';
import { wholeSeconds } from './window.js';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** What is to be added to a grant. */
export interface ExtensionPlan {
  /** 0: a later end alone. */
  readonly addedQuantityMicros: bigint;
  readonly priceMicros: bigint;
  /** From when the added quantity is paid: now, or when the window begins. */
  readonly startsAt: Date;
  /** When the grant ends then. */
  readonly endsAt: Date;
}

/** One that was asked for, and what became of it. */
export interface Extension extends ExtensionPlan {
  readonly id: string;
  readonly status: AccessRequestStatus;
  readonly grantId: string;
  readonly requesterId: string;
  readonly justification: string | null;
  /** The group that holds the grant, and the requester's role there when it was asked for; null: a person does. */
  readonly groupId: string | null;
  readonly requesterRole: GroupRole | null;
  /** The account that pays, and the group that owns it. */
  readonly accountId: string;
  readonly payerGroupId: string | null;
  readonly providerId: string;
  /** Who decides, by the version of the offer that prices it. */
  readonly approval: ApprovalPolicy;
  /** What it must cost more than to need two people; null: one is enough. */
  readonly twoPeopleAboveMicros: bigint | null;
  /** Until when somebody may decide; null for an automatic one. */
  readonly reviewDeadline: Date | null;
  readonly offerVersion: number;
  readonly totalMicros: bigint;
  readonly unit: string;
  readonly holdId: string | null;
  readonly invoiceId: string | null;
  /** Why it FAILED; else null. */
  readonly failure: Refusal | null;
}

/** A part that is not paid yet. */
export type PlannedPart = Omit<GrantPart, 'activatedAt'>;

/** How somebody asks for one. */
export interface ExtensionInput {
  readonly quantity?: string | null | undefined;
  readonly endsAt?: Date | null | undefined;
}

/**
 * Reads what is to be added, by the terms that the offer has now.
 * Refusals: INVALID_INPUT where nothing is, QUANTITY_OUT_OF_RANGE (also for the grant as a whole, and the price),
 * WINDOW_INVALID for an end that is not later, or further ahead than a window may last.
 */
export function parseExtension(
  input: ExtensionInput,
  grant: Pick<Grant, 'quantityMicros' | 'startsAt' | 'endsAt'>,
  offer: Pick<Offer, 'kind' | 'price' | 'maximumQuantityMicros' | 'maximumDays'>,
  now: Date,
): Result<ExtensionPlan & { readonly totalMicros: bigint }, InvalidInput> {
  if (input.quantity == null && input.endsAt == null) {
    return err(invalidInput(['quantity'], 'Say how much more, until when, or both.'));
  }
  const added = input.quantity == null ? ok(0n) : parseAdded(input.quantity, grant.quantityMicros, offer);
  if (!added.ok) return added;
  const cut = new Date(Math.floor(now.getTime() / SECOND_MS) * SECOND_MS);
  const startsAt = cut > grant.startsAt ? cut : grant.startsAt;
  const endsAt = input.endsAt ?? grant.endsAt;
  const wrong = input.endsAt == null ? null : judgeEnd(endsAt, startsAt, grant, offer);
  if (wrong !== null) return err(wrong);
  const plan = { addedQuantityMicros: added.value, priceMicros: offer.price.micros, startsAt, endsAt };
  const parts = planParts(grant, offer.kind, plan);
  if (parts.some(({ paidMicros }) => paidMicros === 0n)) {
    return err(
      invalidInput(['endsAt'], 'Too little of the window is left to be priced; name a later end.', 'WINDOW_INVALID'),
    );
  }
  const totalMicros = parts.reduce((sum, { paidMicros }) => sum + paidMicros, 0n);
  if (totalMicros > accessLimits.totalMicrosMax) {
    return err(outOfRange('The price is above what one payment may move; ask for less.'));
  }
  return ok({ ...plan, totalMicros });
}

const outOfRange = (message: string): InvalidInput => invalidInput(['quantity'], message, 'QUANTITY_OUT_OF_RANGE');

function parseAdded(
  quantity: string,
  present: bigint,
  { maximumQuantityMicros }: Pick<Offer, 'maximumQuantityMicros'>,
): Result<bigint, InvalidInput> {
  const added = parseQuantity(quantity, { minimumQuantityMicros: null, maximumQuantityMicros: null });
  if (!added.ok) return added;
  // By extending it nobody comes to more than one request may be for.
  const most = maximumQuantityMicros ?? accessLimits.quantityMicrosMax;
  return present + added.value > most ? err(outOfRange('The grant would be larger than the offer allows.')) : added;
}

function judgeEnd(
  endsAt: Date,
  startsAt: Date,
  grant: Pick<Grant, 'endsAt'>,
  { maximumDays }: Pick<Offer, 'maximumDays'>,
): InvalidInput | null {
  const refuse = (message: string) => invalidInput(['endsAt'], message, 'WINDOW_INVALID');
  if (endsAt.getTime() - grant.endsAt.getTime() < SECOND_MS) {
    return refuse(`The grant ends at ${grant.endsAt.toISOString()} already; name a later end.`);
  }
  // As if it were asked for now: a grant can be extended again and again.
  const days = Math.min(accessLimits.windowDaysMax, maximumDays ?? accessLimits.windowDaysMax);
  const lastsMs = endsAt.getTime() - startsAt.getTime();
  return lastsMs >= days * DAY_MS + SECOND_MS ? refuse(`A grant ends at most ${days} days from now.`) : null;
}

/**
 * The parts that an extension adds: the quantity that is new until the new end, and of a drive what it had before from the
 * old end on. More time of compute costs nothing, since it is paid by what is used.
 */
export function planParts(
  grant: Pick<Grant, 'quantityMicros' | 'endsAt'>,
  kind: OfferKind,
  { addedQuantityMicros, priceMicros, startsAt, endsAt }: ExtensionPlan,
): readonly PlannedPart[] {
  const added = { quantityMicros: addedQuantityMicros, startsAt, endsAt };
  const longer = { quantityMicros: grant.quantityMicros, startsAt: grant.endsAt, endsAt };
  return [
    ...(addedQuantityMicros > 0n ? [added] : []),
    ...(kind === 'STORAGE' && endsAt > grant.endsAt ? [longer] : []),
  ].map((part) => ({
    ...part,
    priceMicros,
    paidMicros: costMicros(kind, priceMicros, part.quantityMicros, wholeSeconds(part)),
  }));
}
