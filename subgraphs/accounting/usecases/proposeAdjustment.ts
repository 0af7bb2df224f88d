import { requireOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { type AdjustmentInput, parseAdjustment } from '../domain/adjustment.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Adjustments } from './ports/adjustments.js';
import type { OutcomeIds } from './ports.js';

interface Deps {
  readonly adjustments: Adjustments;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * For operators: proposes to move money between two accounts, or to forgive use that is owed. Nothing is done before another
 * operator approves it.
 * Refusals: INVALID_INPUT AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH
 * ACCOUNTS_MUST_DIFFER ACCOUNT_CLOSED ACCOUNT_TAKES_NO_TRANSFERS (an escrow, ISSUANCE) USAGE_NOT_OWED IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (either account).
 */
export const makeProposeAdjustment =
  ({ adjustments, newId, limits }: Deps) =>
  async (caller: Caller, input: KeyedInput & AdjustmentInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireOperator(caller.viewer);
    const call = callOf(caller, 'proposeAdjustment', input);
    if (!call.ok) return call;
    const { debitAccountId, creditAccountId } = input;
    if (!isId('account', debitAccountId) || (creditAccountId != null && !isId('account', creditAccountId))) {
      throw notFound('account');
    }
    return adjustments.propose(call.value, newId('adjustment'), parseAdjustment(input, limits));
  };
