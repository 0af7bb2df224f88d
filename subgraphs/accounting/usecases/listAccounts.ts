import { isByService, isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Account } from '../domain/account.js';
import type { Loaders } from './loaders.js';
import { seesAccount } from './rights.js';

/**
 * The accounts of a person or a group that the viewer sees, in the order they were opened. A page may be shorter than
 * asked for where some of them are left out.
 * @throws Fault NOT_FOUND for what the viewer may not see, BAD_USER_INPUT for a bad page
 */
export async function listAccounts(
  viewer: Viewer,
  ownerId: string,
  args: PageArguments,
  loaders: Loaders,
): Promise<Connection<Account>> {
  const isTheirs =
    viewer.kind === 'person' && !isByService(viewer) && (viewer.userId === ownerId || viewer.roles.has(ownerId));
  const namesOwner = isId('user', ownerId) || isId('group', ownerId);
  if (!namesOwner || (!isTheirs && !isOperator(viewer))) throw notFound('account');
  const page = parsePage(args, 1);
  const all = toConnection(await loaders.accountsOf.load({ id: ownerId, page }), page, ({ id }) => [id]);
  const edges = all.edges.filter(({ node }) => seesAccount(viewer, node));
  return { ...all, edges, nodes: edges.map(({ node }) => node) };
}
