import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmountOrZero } from '../domain/amount.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Ledger, OutcomeIds } from './ports.js';

/** Input of `closeEscrow`. */
interface CloseEscrowInput extends KeyedInput {
  readonly accountId: string;
  readonly earnedSoFar: MoneyInput;
}

/**
 * For access: ends a grant's escrow. What was earned by time and is not posted yet goes to the payee, the rest returns to
 * the payer with a credit note.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH ACCOUNT_CLOSED
 * ACCOUNT_NOT_EMPTY (holds are open) EARNED_OUT_OF_RANGE IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN,
 * NOT_FOUND.
 */
export const makeCloseEscrow =
  (deps: { readonly accounts: Accounts; readonly ledger: Ledger; readonly newId: NewId }) =>
  async (caller: Caller, input: CloseEscrowInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireService(caller.viewer, 'access');
    const call = callOf(caller, 'closeEscrow', input);
    if (!call.ok) return call;
    const account = (await deps.accounts.byIds([input.accountId])).get(input.accountId);
    if (account?.kind !== 'ESCROW') throw notFound('account');
    const earned = parseAmountOrZero(input.earnedSoFar, ['earnedSoFar']);
    const ending = earned.ok
      ? ok({
          accountId: account.id,
          earned: earned.value,
          usageId: deps.newId('transfer'),
          refundId: deps.newId('transfer'),
          creditNoteId: deps.newId('invoice'),
        })
      : earned;
    await faultpoint('accounting.closeEscrow.beforeCommit');
    const closed = await deps.ledger.closeEscrow(call.value, ending);
    await faultpoint('accounting.closeEscrow.afterCommit');
    return closed;
  };
