import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Ledger, OutcomeIds } from './ports.js';

/** Input of `abandonEscrow`. */
interface AbandonEscrowInput extends KeyedInput {
  readonly grantId: string;
}

/**
 * For access: undoes openEscrow, also where its answer was lost: releases the hold and closes the escrow if they exist. A
 * later openEscrow for the grant is refused ESCROW_EXISTS or ESCROW_ABANDONED.
 * Refusals: INVALID_INPUT HOLD_NOT_OPEN (the money was captured and not returned yet) IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN.
 */
export const makeAbandonEscrow =
  (deps: { readonly ledger: Ledger }) =>
  async (caller: Caller, input: AbandonEscrowInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireService(caller.viewer, 'access');
    const call = callOf(caller, 'abandonEscrow', input);
    if (!call.ok) return call;
    const grantId = isId('grant', input.grantId)
      ? ok(input.grantId)
      : err(invalidInput(['grantId'], "grantId is not a grant's id."));
    await faultpoint('accounting.abandonEscrow.beforeCommit');
    const abandoned = await deps.ledger.abandonEscrow(call.value, grantId);
    await faultpoint('accounting.abandonEscrow.afterCommit');
    return abandoned;
  };
