import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Group } from '../domain/group.js';
import type { ReadCall } from './call.js';
import type { UserView } from './views.js';

/** A page of a person's groups, by id. Faults: BAD_USER_INPUT, NOT_FOUND (for who may not see them). */
export async function listGroupsOfUser(
  { loaders }: ReadCall,
  user: UserView,
  page: PageArguments,
): Promise<Connection<Group>> {
  const request = parsePage(page, 1);
  if (user.own === null) throw notFound('list of groups');
  const after = request.after?.[0] ?? null;
  const rows = await loaders.groupsOfUser.load({ of: user.id, after, rows: request.first + 1 });
  return toConnection(rows, request, (group) => [group.id]);
}
