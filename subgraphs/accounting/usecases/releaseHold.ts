import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Holds, Ledger, OutcomeIds } from './ports.js';
import { settleableHold } from './settleableHold.js';

/** Input of `releaseHold`. */
interface ReleaseHoldInput extends KeyedInput {
  readonly holdId: string;
}

/**
 * Frees what a hold still reserves; an escrow whose opening hold is released untouched is closed with it.
 * Refusals: HOLD_EXPIRED HOLD_NOT_OPEN IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for the payer.
 */
export const makeReleaseHold =
  (deps: { readonly accounts: Accounts; readonly holds: Holds; readonly ledger: Ledger }) =>
  async (caller: Caller, input: ReleaseHoldInput): Promise<Result<OutcomeIds, Refusal>> => {
    const hold = await settleableHold(caller.viewer, input.holdId, deps);
    const call = callOf(caller, 'releaseHold', input);
    if (!call.ok) return call;
    await faultpoint('accounting.releaseHold.beforeCommit');
    const posted = await deps.ledger.post(call.value, ok({ op: 'RELEASE', hold }));
    await faultpoint('accounting.releaseHold.afterCommit');
    return posted;
  };
