import type { Viewer } from '../../../platform/auth/viewer.js';
import type { Account } from '../domain/account.js';
import type { Budget } from '../domain/budget.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';
import { seesSpendingOf } from './rights.js';

/**
 * The budgets that limit spending from an account: all of them for its owner, the group's ADMINs and operators; members see
 * those that concern them. @throws Fault NOT_FOUND
 */
export async function listBudgets(viewer: Viewer, account: Account, loaders: Loaders): Promise<Budget[]> {
  const budgets = await loaders.budgetsOf.load(reveal(viewer, account).id);
  return budgets.filter(({ memberId }) => memberId === null || seesSpendingOf(viewer, memberId, account));
}
