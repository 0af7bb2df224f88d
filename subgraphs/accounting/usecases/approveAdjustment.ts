import { requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Adjustments } from './ports/adjustments.js';
import type { OutcomeIds } from './ports.js';

/** Input of `approveAdjustment`. */
interface ApproveAdjustmentInput extends KeyedInput {
  readonly adjustmentId: string;
}

/**
 * For operators: does what another operator proposed, once. Nobody approves what they proposed, nor what comes to their own
 * account or to one of a group of theirs; the database holds against the first by a constraint too.
 * Refusals: ADJUSTMENT_DECIDED ADJUSTMENT_EXPIRED ADJUSTMENT_OWN USAGE_NOT_OWED, and of a TRANSFER those of transfer: with
 * these the proposal stays as it is. IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeApproveAdjustment =
  ({ adjustments, newId }: { readonly adjustments: Adjustments; readonly newId: NewId }) =>
  async (caller: Caller, input: ApproveAdjustmentInput): Promise<Result<OutcomeIds, Refusal>> => {
    const { userId, roles } = requireOperator(caller.viewer);
    const call = callOf(caller, 'approveAdjustment', input);
    if (!call.ok) return call;
    if (!isId('adjustment', input.adjustmentId)) throw notFound('adjustment');
    await faultpoint('accounting.approveAdjustment.beforeCommit');
    const approved = await adjustments.approve(call.value, {
      adjustmentId: input.adjustmentId,
      transferId: newId('transfer'),
      principals: [userId, ...roles.keys()],
    });
    await faultpoint('accounting.approveAdjustment.afterCommit');
    return approved;
  };
