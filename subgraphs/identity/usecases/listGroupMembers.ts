import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { GroupMember } from '../domain/group.js';
import type { ReadCall } from './call.js';
import { seesMembers } from './getGroup.js';

/** A page of a group's members, by the person's id. Faults: BAD_USER_INPUT, NOT_FOUND (for who may not see them). */
export async function listGroupMembers(
  call: ReadCall,
  groupId: string,
  page: PageArguments,
): Promise<Connection<GroupMember>> {
  const request = parsePage(page, 1);
  if (!(await seesMembers(call, groupId))) throw notFound('list of members');
  const after = request.after?.[0] ?? null;
  const rows = await call.loaders.membersOfGroup.load({ of: groupId, after, rows: request.first + 1 });
  return toConnection(rows, request, (member) => [member.userId]);
}
