import type { Money } from '../../../platform/kernel/money.js';

/** What an offer gives. */
export type OfferKind = 'STORAGE' | 'COMPUTE';
/** Whether an offer can be quoted; RETIRED ones only honour the quotes they gave. */
export type OfferStatus = 'ACTIVE' | 'RETIRED';
/** What one unit of quantity is. */
export type PriceBasis = 'GIB_MONTH' | 'CORE_HOUR' | 'GPU_HOUR';
/** Who decides on requests. */
export type ApprovalPolicy = 'AUTOMATIC' | 'PROVIDER' | 'GROUP_ADMIN';

/** Something that a provider gives for a price. */
export interface Offer {
  readonly id: string;
  readonly kind: OfferKind;
  readonly name: string;
  readonly description: string;
  readonly status: OfferStatus;
  /** The price of one unit of quantity. */
  readonly price: Money;
  readonly per: PriceBasis;
  readonly providerId: string;
  /** The provider's REVENUE account. */
  readonly payeeAccountId: string;
  /** The cluster of a COMPUTE offer; null for STORAGE. */
  readonly resource: string | null;
  readonly approval: ApprovalPolicy;
  /** The largest quantity of one request, in millionths; null: without maximum. */
  readonly maximumQuantityMicros: bigint | null;
}
