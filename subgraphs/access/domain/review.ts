import { type MoneyInput, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest, AccessReview } from './accessRequest.js';
import { accessLimits } from './limits.js';
import type { OfferKind } from './offer.js';
import { parseQuantity } from './quantity.js';
import { costMicros, type Quote, quantityFor } from './quote.js';
import type { Roles } from './roles.js';
import { type Window, wholeSeconds } from './window.js';

/** Somebody who decides, or asks. */
interface Somebody {
  readonly userId: string;
  readonly roles: Roles;
}

/** What people decide on, as far as it says who may: a request, or an extension. */
export type Reviewed = Pick<
  AccessRequest,
  'approval' | 'providerId' | 'groupId' | 'requesterId' | 'requesterRole' | 'payerGroupId'
>;

/** Whether somebody is a reviewer of a request by its policy: an ADMIN of the provider, or of the requesting group. */
export function isReviewer({ approval, providerId, groupId }: Reviewed, { roles }: Somebody): boolean {
  if (approval === 'PROVIDER') return roles.get(providerId) === 'ADMIN';
  return approval === 'GROUP_ADMIN' && groupId !== null && roles.get(groupId) === 'ADMIN';
}

/**
 * Whether somebody would decide in their own cause: the requester, whatever roles they have; and, where the provider
 * decides, whoever belongs to the group that gets it, unless that group is the provider itself.
 * Refusal OWN_REQUEST.
 */
export function judgeOwnCause(request: Reviewed, { userId, roles }: Somebody): Refusal | null {
  const { requesterId, approval, groupId, providerId } = request;
  const isForOwnGroup = approval === 'PROVIDER' && groupId !== null && groupId !== providerId && roles.has(groupId);
  if (userId !== requesterId && !isForOwnGroup) return null;
  return refused('OWN_REQUEST', 'Nobody decides on their own request; another reviewer must.');
}

/**
 * Whether somebody may take a request back: the requester, and the ADMINs of the group that it is for. Else one whose
 * requester has left would keep the group's money, and its grant from other extensions, until the review's deadline.
 */
export const mayWithdraw = ({ requesterId, groupId }: Reviewed, { userId, roles }: Somebody): boolean =>
  userId === requesterId || (groupId !== null && roles.get(groupId) === 'ADMIN');

/**
 * Whether the requester may still ask for this: not disabled, still in the group with the role of then, and still an
 * ADMIN of the group whose money it is.
 * Refusal REQUESTER_NOT_ENTITLED.
 */
export function judgeRequester(
  { groupId, requesterRole, payerGroupId }: Reviewed,
  requester: { readonly isDisabled: boolean; readonly roles: Roles },
): Refusal | null {
  const role = groupId === null ? null : requester.roles.get(groupId);
  const keptRole = groupId === null || role === 'ADMIN' || (role !== undefined && role === requesterRole);
  const mayPay = payerGroupId === null || requester.roles.get(payerGroupId) === 'ADMIN';
  if (!requester.isDisabled && keptRole && mayPay) return null;
  return refused('REQUESTER_NOT_ENTITLED', 'The requester may not ask for this any more; deny the request.');
}

/** Until when somebody may decide on a request of an instant: 14 days, and never beyond the window that is asked for. */
export function reviewDeadlineOf({ endsAt }: Pick<Window, 'endsAt'>, requestedAt: Date): Date {
  return new Date(Math.min(requestedAt.getTime() + accessLimits.reviewDeadlineMs, endsAt.getTime()));
}

/** How many people must agree to a sum. */
export const approvalsNeeded = (
  { twoPeopleAboveMicros }: Pick<AccessRequest, 'twoPeopleAboveMicros'>,
  totalMicros: bigint,
): 1 | 2 => (twoPeopleAboveMicros !== null && totalMicros > twoPeopleAboveMicros ? 2 : 1);

/** The same, as it is shown: nobody has to agree to an automatic one. */
export const approvalsRequired = (
  thing: Pick<AccessRequest, 'approval' | 'twoPeopleAboveMicros'>,
  totalMicros: bigint,
): 0 | 1 | 2 => (thing.approval === 'AUTOMATIC' ? 0 : approvalsNeeded(thing, totalMicros));

/** The approvals that count: those of the revision that stands. */
export const approvalsOf = (
  { revision }: Pick<AccessRequest, 'revision'>,
  reviews: readonly AccessReview[],
): readonly AccessReview[] => reviews.filter((review) => review.revision === revision && review.verdict === 'APPROVED');

/** How much of a request is meant: a quantity, what a sum pays for, or all of it. */
export interface PartInput {
  readonly quantity?: string | null | undefined;
  readonly amount?: MoneyInput | null | undefined;
}

/** A quantity with its price. */
export interface Part {
  readonly quantityMicros: bigint;
  readonly totalMicros: bigint;
}

/** What a part is a part of, and how much it can be. */
interface PartBounds {
  readonly quote: Quote;
  readonly kind: OfferKind;
  readonly most: bigint;
  readonly least?: bigint | null;
}

/**
 * Reads a part of what was quoted, priced as quoted.
 * Refusals: INVALID_INPUT for both at once, UNIT_MISMATCH, AMOUNT_NOT_POSITIVE and its like, QUANTITY_OUT_OF_RANGE for
 * more than `most` or nothing.
 */
export function parsePart(
  { quantity, amount }: PartInput,
  { quote, kind, most, least = null }: PartBounds,
): Result<Part, Refusal> {
  if (quantity != null && amount != null) {
    return err(invalidInput(['amount'], 'Give a quantity or an amount, not both.'));
  }
  const seconds = wholeSeconds(quote);
  const priced = (quantityMicros: bigint): Result<Part, Refusal> =>
    ok({ quantityMicros, totalMicros: costMicros(kind, quote.price.micros, quantityMicros, seconds) });
  if (amount != null) {
    const money = parsePositiveMoney(amount, ['amount']);
    if (!money.ok) return money;
    if (money.value.unit !== quote.price.unit) {
      return err(invalidInput(['amount', 'unit'], `The request is priced in ${quote.price.unit}.`, 'UNIT_MISMATCH'));
    }
    const affordable = quantityFor(kind, quote.price.micros, money.value.micros, seconds);
    if (affordable < 1n) {
      return err(invalidInput(['amount'], 'The amount pays for nothing of it.', 'QUANTITY_OUT_OF_RANGE'));
    }
    return priced(affordable < most ? affordable : most);
  }
  if (quantity == null) return priced(most);
  const parsed = parseQuantity(quantity, { minimumQuantityMicros: least, maximumQuantityMicros: most });
  return parsed.ok ? priced(parsed.value) : parsed;
}
