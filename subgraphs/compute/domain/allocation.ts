import { type Belonging, belongsTo } from '../../../platform/kernel/principal.js';
import { type Refused, refused } from '../../../platform/kernel/refusal.js';
import type { AllocationBasis } from './resources.js';

/** Where an allocation is in its life. */
export type AllocationStatus = 'INACTIVE' | 'ACTIVE' | 'CLOSING' | 'CLOSED';

/** A grant's right to compute on a cluster: who may use it, when, and which escrow pays at which price. */
export interface Allocation {
  readonly id: string;
  readonly grantId: string;
  /** A person, or a group with its members. */
  readonly holderId: string;
  readonly escrowId: string;
  readonly payeeAccountId: string;
  readonly clusterId: string;
  /** The price of an hour of what the basis says, locked when the grant was given; an extension may change it. */
  readonly unitPriceMicros: bigint;
  readonly basis: AllocationBasis;
  readonly unit: string;
  readonly startsAt: Date;
  /** Not part of the window. */
  readonly endsAt: Date;
  readonly status: AllocationStatus;
}

/**
 * Whether a person may submit a job under an allocation now; null where they may. What belongs to others is
 * refused in the same words as what does not exist. Refusal: GRANT_NOT_USABLE.
 */
export function judgeUse(
  allocation: Allocation | null,
  use: { readonly person: Belonging; readonly clusterId: string; readonly now: Date },
): Refused | null {
  if (allocation === null || !belongsTo(use.person, allocation.holderId)) {
    return refused('GRANT_NOT_USABLE', 'There is no compute grant of yours, or of a group of yours, with this id.');
  }
  if (allocation.clusterId !== use.clusterId) {
    return refused('GRANT_NOT_USABLE', 'The grant is for another cluster.');
  }
  if (allocation.status !== 'ACTIVE') return refused('GRANT_NOT_USABLE', 'The grant is not active.');
  if (use.now < allocation.startsAt) {
    return refused('GRANT_NOT_USABLE', `The grant begins at ${allocation.startsAt.toISOString()}.`);
  }
  if (use.now >= allocation.endsAt) {
    return refused('GRANT_NOT_USABLE', `The grant ended at ${allocation.endsAt.toISOString()}.`);
  }
  return null;
}

/** A grant as another service names it. */
export interface GrantReference {
  readonly id: string;
}
