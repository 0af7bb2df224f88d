import { isId } from '../../../platform/kernel/ids.js';
import { type Money, type MoneyInput, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { accessLimits } from './limits.js';
import type { ApprovalPolicy, OfferKind, OfferTerms, PriceBasis } from './offer.js';
import { parseQuantity } from './quantity.js';

/** The terms of a version, as publishers send them. */
export interface TermsInput {
  readonly price: MoneyInput;
  readonly approval?: ApprovalPolicy | null | undefined;
  readonly minimumQuantity?: string | null | undefined;
  readonly maximumQuantity?: string | null | undefined;
  readonly minimumDays?: number | null | undefined;
  readonly maximumDays?: number | null | undefined;
  readonly validFrom?: Date | null | undefined;
  readonly validUntil?: Date | null | undefined;
  readonly twoPeopleAbove?: MoneyInput | null | undefined;
  readonly visibleTo?: readonly string[] | null | undefined;
}

/** What an offer by a basis gives. */
export const kindOf = (per: PriceBasis): OfferKind => (per === 'GIB_MONTH' ? 'STORAGE' : 'COMPUTE');

/**
 * Reads the terms of a version.
 * Refusals: AMOUNT_NOT_POSITIVE and its like, UNIT_MISMATCH, QUANTITY_OUT_OF_RANGE, INVALID_INPUT.
 */
export function parseTerms(input: TermsInput): Result<OfferTerms, InvalidInput> {
  const price = parsePositiveMoney(input.price, ['price']);
  if (!price.ok) return price;
  const minimum = parseBound(input.minimumQuantity, 'minimumQuantity');
  if (!minimum.ok) return minimum;
  const maximum = parseBound(input.maximumQuantity, 'maximumQuantity');
  if (!maximum.ok) return maximum;
  const wrong =
    judgeOrder(minimum.value, maximum.value, 'maximumQuantity') ??
    judgeDays(input) ??
    judgeValidity(input) ??
    judgeGroups(input.visibleTo ?? []);
  if (wrong !== null) return err(wrong);
  const approval = input.approval ?? 'AUTOMATIC';
  const limit = parseLimit(input, approval, price.value);
  if (!limit.ok) return limit;
  return ok({
    price: price.value,
    approval,
    minimumQuantityMicros: minimum.value,
    maximumQuantityMicros: maximum.value,
    minimumDays: input.minimumDays ?? null,
    maximumDays: input.maximumDays ?? null,
    validFrom: input.validFrom ?? null,
    validUntil: input.validUntil ?? null,
    twoPeopleAboveMicros: limit.value,
    visibleTo: [...new Set(input.visibleTo ?? [])],
  });
}

function parseBound(quantity: string | null | undefined, field: string): Result<bigint | null, InvalidInput> {
  if (quantity == null) return ok(null);
  const bound = parseQuantity(quantity, { minimumQuantityMicros: null, maximumQuantityMicros: null });
  return bound.ok ? bound : err({ ...bound.refusal, path: [field] });
}

function judgeOrder(least: bigint | number | null, most: bigint | number | null, field: string): InvalidInput | null {
  if (least === null || most === null || least <= most) return null;
  return invalidInput([field], 'The largest must not be below the smallest.');
}

function judgeDays({ minimumDays, maximumDays }: TermsInput): InvalidInput | null {
  const max = accessLimits.windowDaysMax;
  for (const [field, days] of Object.entries({ minimumDays, maximumDays })) {
    if (days != null && (days < 1 || days > max)) return invalidInput([field], `${field} is 1 to ${max}.`);
  }
  return judgeOrder(minimumDays ?? null, maximumDays ?? null, 'maximumDays');
}

function judgeValidity({ validFrom, validUntil }: TermsInput): InvalidInput | null {
  if (validFrom == null || validUntil == null || validFrom < validUntil) return null;
  return invalidInput(['validUntil'], 'validUntil must be after validFrom.');
}

function judgeGroups(visibleTo: readonly string[]): InvalidInput | null {
  const max = accessLimits.visibleGroupsMax;
  if (visibleTo.length > max) return invalidInput(['visibleTo'], `An offer is published for at most ${max} groups.`);
  const wrong = visibleTo.findIndex((id) => !isId('group', id));
  return wrong < 0 ? null : invalidInput(['visibleTo', `${wrong}`], 'This is not the id of a group.');
}

function parseLimit(
  { twoPeopleAbove }: TermsInput,
  approval: ApprovalPolicy,
  price: Money,
): Result<bigint | null, InvalidInput> {
  if (twoPeopleAbove == null) return ok(null);
  if (approval === 'AUTOMATIC') {
    return err(invalidInput(['twoPeopleAbove'], 'Nobody decides on an automatic offer; leave twoPeopleAbove out.'));
  }
  const limit = parsePositiveMoney(twoPeopleAbove, ['twoPeopleAbove']);
  if (!limit.ok) return limit;
  if (limit.value.unit === price.unit) return ok(limit.value.micros);
  return err(invalidInput(['twoPeopleAbove', 'unit'], `The price is in ${price.unit}.`, 'UNIT_MISMATCH'));
}
