import type { Money } from '../../../platform/kernel/money.js';
import { type Refused, refused } from '../../../platform/kernel/refusal.js';

/** What an offer gives. */
export type OfferKind = 'STORAGE' | 'COMPUTE';
/** Whether an offer can be quoted; RETIRED ones only honour the quotes they gave. */
export type OfferStatus = 'ACTIVE' | 'RETIRED';
/** What one unit of quantity is. */
export type PriceBasis = 'GIB_MONTH' | 'CORE_HOUR' | 'GPU_HOUR' | 'MEMORY_GIB_HOUR';
/** Who decides on requests. */
export type ApprovalPolicy = 'AUTOMATIC' | 'PROVIDER' | 'GROUP_ADMIN';

/** What may change of an offer, from one version to the next. */
export interface OfferTerms {
  /** The price of one unit of quantity. */
  readonly price: Money;
  readonly approval: ApprovalPolicy;
  /** The smallest and the largest quantity of one request, in millionths; null: without bound of its own. */
  readonly minimumQuantityMicros: bigint | null;
  readonly maximumQuantityMicros: bigint | null;
  /** The shortest and the longest window, in days; null: without bound of its own. */
  readonly minimumDays: number | null;
  readonly maximumDays: number | null;
  /** When it is quoted, half-open; null: without bound. What was quoted stays binding. */
  readonly validFrom: Date | null;
  readonly validUntil: Date | null;
  /** A request that costs more needs two people; null: one is enough. */
  readonly twoPeopleAboveMicros: bigint | null;
  /** The groups that it is shown to besides the provider; none: everybody. */
  readonly visibleTo: readonly string[];
}

/** What is shown of a version. */
export interface OfferVersion extends Pick<OfferTerms, 'price' | 'approval'> {
  readonly version: number;
  readonly publishedAt: Date;
}

/** Something that a provider gives for a price. */
export interface Offer extends OfferTerms {
  readonly id: string;
  readonly kind: OfferKind;
  readonly name: string;
  readonly description: string;
  readonly status: OfferStatus;
  readonly per: PriceBasis;
  /** Which version the terms are of. */
  readonly version: number;
  readonly providerId: string;
  /** The provider's REVENUE account. */
  readonly payeeAccountId: string;
  /** The cluster of a COMPUTE offer; null for STORAGE. */
  readonly resource: string | null;
}

/** Refuses to quote an offer that is retired or outside its time; null where it is in force. OFFER_RETIRED, OFFER_NOT_IN_FORCE. */
export function judgeInForce(
  { status, validFrom, validUntil }: Pick<Offer, 'status' | 'validFrom' | 'validUntil'>,
  now: Date,
): Refused | null {
  if (status === 'RETIRED') return refused('OFFER_RETIRED', 'The offer is not given any more; choose another.');
  if (validFrom !== null && now < validFrom) {
    return refused('OFFER_NOT_IN_FORCE', `The offer is given from ${validFrom.toISOString()} on.`);
  }
  if (validUntil !== null && now >= validUntil) {
    return refused('OFFER_NOT_IN_FORCE', `The offer was given until ${validUntil.toISOString()}; choose another.`);
  }
  return null;
}
