import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Ledger, OutcomeIds } from './ports.js';

/** Input of `abandonExtension`. */
interface AbandonExtensionInput extends KeyedInput {
  readonly extensionId: string;
  readonly grantId: string;
}

/**
 * For access: undoes extendEscrow, also where its answer was lost: frees what it reserved, withdraws its invoice and sets the
 * window back. A later extendEscrow of the same id is refused ESCROW_ABANDONED.
 * Refusals: INVALID_INPUT HOLD_NOT_OPEN (the money was captured) IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN.
 */
export const makeAbandonExtension =
  (deps: { readonly ledger: Ledger }) =>
  async (caller: Caller, input: AbandonExtensionInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireService(caller.viewer, 'access');
    const call = callOf(caller, 'abandonExtension', input);
    if (!call.ok) return call;
    const { extensionId, grantId } = input;
    const named = isId('extension', extensionId) && isId('grant', grantId);
    const extension = named
      ? ok({ extensionId, grantId })
      : err(invalidInput(['extensionId'], 'extensionId and grantId are not the ids of an extension and a grant.'));
    await faultpoint('accounting.abandonExtension.beforeCommit');
    const abandoned = await deps.ledger.abandonExtension(call.value, extension);
    await faultpoint('accounting.abandonExtension.afterCommit');
    return abandoned;
  };
