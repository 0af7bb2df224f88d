import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Account } from '../domain/account.js';
import type { Loaders } from './loaders.js';
import { seesAccount } from './rights.js';
import { requireSignedIn } from './signedIn.js';

/** The account, or null for one that does not exist or that the viewer may not see. */
export async function findAccount(viewer: Viewer, id: string, loaders: Loaders): Promise<Account | null> {
  const account = await loaders.account.load(id);
  return account !== null && seesAccount(viewer, account) ? account : null;
}

/** The account for a root field. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getAccount(viewer: Viewer, id: string, loaders: Loaders): Promise<Account> {
  requireSignedIn(viewer);
  // What access promises for an account it looks at in the person's name first.
  if (viewer.kind !== 'person' || viewer.actor !== 'access') refuseServices(viewer);
  const account = await findAccount(viewer, id, loaders);
  if (account === null) throw notFound('account');
  return account;
}

/** Sees to it that the viewer may see more of an account than id and name. @throws Fault NOT_FOUND */
export function reveal(viewer: Viewer, account: Account): Account {
  if (!seesAccount(viewer, account)) throw notFound('account');
  return account;
}
