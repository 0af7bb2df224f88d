import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Account } from '../domain/account.js';
import { parseWindow, type Statement } from '../domain/statement.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/**
 * An account's statement of a window of recorded time, by default of all of it.
 * @throws Fault NOT_FOUND, BAD_USER_INPUT for a window that ends before it begins
 */
export async function readStatement(
  viewer: Viewer,
  account: Account,
  args: { readonly from?: Date | null; readonly to?: Date | null },
  loaders: Loaders,
): Promise<Statement> {
  refuseServices(viewer);
  const { id } = reveal(viewer, account);
  const statement = await loaders.statement.load({ id, window: parseWindow(args) });
  if (statement === null) throw notFound('account');
  return statement;
}
