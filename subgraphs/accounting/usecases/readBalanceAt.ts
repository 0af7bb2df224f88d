import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Account } from '../domain/account.js';
import { type Balance, toBalance } from '../domain/balance.js';
import type { BalancePoint } from '../domain/statement.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/**
 * An account's amounts as of a time: on recorded time what a reader then saw, on effective time what counts until then by
 * all that is known now. Zeros before the account was opened. @throws Fault NOT_FOUND
 */
export async function readBalanceAt(
  viewer: Viewer,
  account: Account,
  point: BalancePoint,
  loaders: Loaders,
): Promise<Balance> {
  const sums = await loaders.sumsAt.load({ id: reveal(viewer, account).id, point });
  if (sums === null) throw notFound('account');
  return toBalance(sums);
}
