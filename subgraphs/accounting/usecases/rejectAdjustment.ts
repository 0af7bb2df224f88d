import { requireOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { parseReason } from '../domain/adjustment.js';
import { actOf, type Caller } from './call.js';
import type { Adjustments } from './ports/adjustments.js';
import type { OutcomeIds } from './ports.js';

/** Input of `rejectAdjustment`. */
interface RejectAdjustmentInput {
  readonly adjustmentId: string;
  readonly reason: string;
}

/**
 * For operators: ends a proposal without doing it. Who proposed it may too, which withdraws it. What is rejected stays so.
 * Refusals: INVALID_INPUT ADJUSTMENT_DECIDED (approved) ADJUSTMENT_EXPIRED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeRejectAdjustment =
  ({ adjustments }: { readonly adjustments: Adjustments }) =>
  async (caller: Caller, { adjustmentId, reason }: RejectAdjustmentInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireOperator(caller.viewer);
    if (!isId('adjustment', adjustmentId)) throw notFound('adjustment');
    return adjustments.reject(actOf(caller, 'rejectAdjustment'), adjustmentId, parseReason(reason));
  };
