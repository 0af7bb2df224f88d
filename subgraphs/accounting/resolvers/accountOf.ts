import { notFound } from '../../../platform/kernel/faults.js';
import type { Context } from '../context.js';
import type { Account } from '../domain/account.js';

/** The account that stands in a row; what of it is shown, its own fields decide. */
export async function accountOf(id: string, { loaders }: Context): Promise<Account> {
  const account = await loaders.account.load(id);
  if (account === null) throw notFound('account');
  return account;
}
