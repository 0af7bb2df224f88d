import { requireOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmountOrZero } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import { actOf, type Caller } from './call.js';
import type { AccountChange, Ledger, OutcomeIds } from './ports.js';

/** Input of `setOverdraftLimit`. */
interface SetOverdraftLimitInput {
  readonly accountId: string;
  readonly overdraftLimit: MoneyInput;
}

/**
 * For operators: says how far below zero an account may go. What is so already stays so.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH OVERDRAFT_IN_USE (more than
 * that is used) ACCOUNT_CLOSED ACCOUNT_KIND_FIXED (all but PERSONAL and GROUP). Faults: UNAUTHENTICATED, FORBIDDEN,
 * NOT_FOUND.
 */
export const makeSetOverdraftLimit =
  (deps: { readonly ledger: Ledger; readonly limits: LedgerLimits }) =>
  async (caller: Caller, input: SetOverdraftLimitInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireOperator(caller.viewer);
    if (!isId('account', input.accountId)) throw notFound('account');
    const change = judgeLimit(input.overdraftLimit, deps.limits);
    return deps.ledger.changeAccount(actOf(caller, 'setOverdraftLimit'), input.accountId, change);
  };

function judgeLimit(input: MoneyInput, { amountMicrosMax }: LedgerLimits): Result<AccountChange, Refusal> {
  const limit = parseAmountOrZero(input, ['overdraftLimit']);
  if (!limit.ok) return limit;
  if (limit.value.micros > amountMicrosMax) {
    const path = ['overdraftLimit', 'amount'];
    return err(invalidInput(path, 'The limit is above that of one transaction.', 'AMOUNT_TOO_LARGE'));
  }
  return ok({ change: 'OVERDRAFT', limit: limit.value });
}
