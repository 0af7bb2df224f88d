import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Budget, BudgetCrossing } from '../domain/budget.js';
import type { Loaders } from './loaders.js';

/** The thresholds that a budget reached, newest first; whoever sees the budget sees them. @throws Fault BAD_USER_INPUT */
export async function listCrossings(
  { id }: Budget,
  args: PageArguments,
  loaders: Loaders,
): Promise<Connection<BudgetCrossing>> {
  const page = parsePage(args, 1);
  if (page.after !== null && !/^\d{1,18}$/.test(page.after[0] ?? '')) {
    throw badUserInput('after is not a cursor of this list.');
  }
  const crossings = await loaders.crossingsOf.load({ id, page });
  return toConnection(crossings, page, ({ number }) => [number.toString()]);
}
