import type { Money } from '../../../platform/kernel/money.js';

/** What an offer gives. */
export type OfferKind = 'STORAGE' | 'COMPUTE';
/** Whether an offer can be quoted; RETIRED ones only honour the quotes they gave. */
export type OfferStatus = 'ACTIVE' | 'RETIRED';
/** What one unit of quantity is. */
export type PriceBasis = 'GIB_MONTH' | 'CORE_HOUR' | 'GPU_HOUR';
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
