import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { Money } from '../../../../platform/kernel/money.js';
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

/** A cap to set, or (without a limit) to remove. */
export interface CapChange {
  /** Null: of everybody for whom no other is set. */
  readonly memberId: string | null;
  readonly limit: Money | null;
}

/** Budgets. */
export interface Budgets {
  /** Sets a budget that bears on an account; without a key, since repeating it changes nothing. */
  set(act: Act, accountId: string, change: Result<BudgetChange, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  /** Sets or (without a limit) removes what a member, or every member, may use of an escrow; without a key, as set. */
  setCap(act: Act, accountId: string, change: Result<CapChange, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  /** The escrow of a grant, and whether what it pays for is a drive; null where there is none. */
  escrowOf(grantId: string): Promise<{ readonly accountId: string; readonly isOfDrive: boolean } | null>;
  /** For each escrow what every member may use where no other cap is set, in millionths; none where nothing is said. */
  defaultCapsOf(accountIds: readonly string[]): Found<bigint>;
  /** For each escrow a page of its members' caps, or of the one member's, by id, and one more. */
  capsOf(accountIds: readonly string[], memberId: string | null, page: PageRequest): Found<readonly Budget[]>;
  /** For each account the budgets that limit spending from it, its group's and its members' among them. */
  ofAccounts(accountIds: readonly string[]): Found<readonly Budget[]>;
  /** For each budget a page of the thresholds that were reached, newest first, and one more. */
  crossingsOf(budgetIds: readonly string[], page: PageRequest): Found<readonly BudgetCrossing[]>;
  /** How often each percentage was reached, over all budgets. */
  countCrossings(): Promise<ReadonlyMap<number, number>>;
}
