import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { Result } from '../../../../platform/kernel/result.js';
import type { Budget, BudgetCrossing, BudgetName, BudgetTerms } from '../../domain/budget.js';
import type { Act, Found, OutcomeIds } from '../ports.js';

/** A budget to set, or (without terms) to remove. */
export interface BudgetChange extends BudgetName {
  /** The id of a budget that is new. */
  readonly budgetId: string;
  readonly terms: BudgetTerms | null;
}

/** Budgets. */
export interface Budgets {
  /** Sets a budget that bears on an account; without a key, since repeating it changes nothing. */
  set(act: Act, accountId: string, change: Result<BudgetChange, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  /** For each account the budgets that limit spending from it, its group's and its members' among them. */
  ofAccounts(accountIds: readonly string[]): Found<readonly Budget[]>;
  /** For each budget a page of the thresholds that were reached, newest first, and one more. */
  crossingsOf(budgetIds: readonly string[], page: PageRequest): Found<readonly BudgetCrossing[]>;
  /** How often each percentage was reached, over all budgets. */
  countCrossings(): Promise<ReadonlyMap<number, number>>;
}
