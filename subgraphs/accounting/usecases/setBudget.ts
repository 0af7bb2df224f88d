import { isOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { type BudgetInput, parseBudgetName, parseBudgetTerms } from '../domain/budget.js';
import type { LedgerLimits } from '../domain/limits.js';
import { actOf, type Caller } from './call.js';
import type { BudgetChange, Budgets } from './ports/budgets.js';
import type { Accounts, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `setBudget`. */
interface SetBudgetInput extends BudgetInput {
  readonly accountId: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly budgets: Budgets;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Sets, replaces or removes (without a limit) a budget: for the account's owner or the group's ADMINs in person, and
 * operators. It only sets a state, so it takes no key; what is so already stays so. What was spent in the present period
 * counts from its beginning, and what is reached by that is reported at once.
 * Refusals: INVALID_INPUT AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH ACCOUNT_CLOSED
 * ACCOUNT_KIND_FIXED (an escrow, ISSUANCE) LIMIT_EXCEEDED (budgets). Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeSetBudget =
  (deps: Deps) =>
  async (caller: Caller, input: SetBudgetInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const account = (await deps.accounts.byIds([input.accountId])).get(input.accountId);
    if (account === undefined) throw notFound('account');
    if (!isOperator(person)) requireOwner(person, account);
    return deps.budgets.set(actOf(caller, 'setBudget'), account.id, judgeBudget(input, deps));
  };

function judgeBudget(input: BudgetInput, { newId, limits }: Deps): Result<BudgetChange, Refusal> {
  const name = parseBudgetName(input);
  if (!name.ok) return name;
  const terms = parseBudgetTerms(input, name.value, limits);
  return terms.ok ? ok({ budgetId: newId('budget'), ...name.value, terms: terms.value }) : terms;
}
