import type { Money } from '../../../platform/kernel/money.js';

/** What charges are summed by. */
export const chargeDimensions = [
  'USER',
  'GROUP',
  'ACCOUNT',
  'PROVIDER',
  'GRANT',
  'OFFER',
  'CLUSTER',
  'RESOURCE',
  'DAY',
  'MONTH',
] as const;

/** One of them. */
export type ChargeDimension = (typeof chargeDimensions)[number];

/** The charges that are alike in all that is summed by; what is not summed by, or not known, is null. */
export interface ChargeTotal {
  readonly userId: string | null;
  readonly groupId: string | null;
  readonly accountId: string | null;
  readonly providerId: string | null;
  readonly grantId: string | null;
  readonly offerId: string | null;
  readonly clusterId: string | null;
  readonly resource: string | null;
  /** The first instant of the day or month. */
  readonly periodStart: Date | null;
  /** How many charges, and what went back, each as one. */
  readonly entries: bigint;
  readonly charged: Money;
  /** What a page goes on after. */
  readonly position: readonly string[];
}
