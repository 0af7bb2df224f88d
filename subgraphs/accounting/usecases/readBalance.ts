import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Account } from '../domain/account.js';
import { type Balance, toBalance } from '../domain/balance.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/** An account's amounts in one snapshot. @throws Fault NOT_FOUND */
export async function readBalance(viewer: Viewer, account: Account, loaders: Loaders): Promise<Balance> {
  const sums = await loaders.sums.load(reveal(viewer, account).id);
  if (sums === null) throw notFound('account');
  return toBalance(sums);
}
