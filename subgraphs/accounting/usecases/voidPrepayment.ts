import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Holds, Ledger, OutcomeIds } from './ports.js';
import { settleableHold } from './settleableHold.js';

/** Input of `voidPrepayment`. */
interface VoidPrepaymentInput extends KeyedInput {
  readonly holdId: string;
}

/**
 * For access: withdraws the invoice of a hold whose chain is undone; where there is none, nothing is done.
 * Refusals: INVOICE_PAID IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeVoidPrepayment =
  (deps: { readonly accounts: Accounts; readonly holds: Holds; readonly ledger: Ledger }) =>
  async (caller: Caller, input: VoidPrepaymentInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireService(caller.viewer, 'access');
    const call = callOf(caller, 'voidPrepayment', input);
    if (!call.ok) return call;
    const hold = await settleableHold(caller.viewer, input.holdId, deps);
    await faultpoint('accounting.voidPrepayment.beforeCommit');
    const withdrawn = await deps.ledger.voidPrepayment(call.value, hold.id);
    await faultpoint('accounting.voidPrepayment.afterCommit');
    return withdrawn;
  };
