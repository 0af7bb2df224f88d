import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Account } from '../domain/account.js';
import type { Loaders } from './loaders.js';

/**
 * The accounts of a person or a group, in the order they were opened. Until accounting follows memberships, a group's
 * are shown to operators alone.
 * @throws Fault NOT_FOUND for what the viewer may not see, BAD_USER_INPUT for a bad page
 */
export async function listAccounts(
  viewer: Viewer,
  ownerId: string,
  args: PageArguments,
  loaders: Loaders,
): Promise<Connection<Account>> {
  const isOneself = viewer.kind === 'person' && viewer.userId === ownerId;
  const namesOwner = isId('user', ownerId) || isId('group', ownerId);
  if (!namesOwner || (!isOneself && !isOperator(viewer))) throw notFound('account');
  const page = parsePage(args, 1);
  return toConnection(await loaders.accountsOf.load({ id: ownerId, page }), page, ({ id }) => [id]);
}
