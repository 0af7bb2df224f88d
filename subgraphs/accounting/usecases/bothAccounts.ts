import type { Account } from '../domain/account.js';
import type { Loaders } from './loaders.js';

/** Loads the two accounts that something passes between. */
export async function bothAccounts(
  debitId: string,
  creditId: string,
  loaders: Loaders,
): Promise<(Account | undefined)[]> {
  const accounts = await Promise.all([loaders.account.load(debitId), loaders.account.load(creditId)]);
  return accounts.map((account) => account ?? undefined);
}
