import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { GroupInvitation } from '../domain/invitation.js';
import type { ReadCall } from './call.js';
import { seesInvitations } from './getGroup.js';
import type { UserView } from './views.js';

/** A page of a person's invitations that count still. Faults: BAD_USER_INPUT, NOT_FOUND (for who may not see them). */
export async function listInvitationsOfUser(
  { loaders }: ReadCall,
  user: UserView,
  page: PageArguments,
): Promise<Connection<GroupInvitation>> {
  const request = parsePage(page, 1);
  if (user.private === null) throw notFound('list of invitations');
  const key = { of: user.id, after: request.after?.[0] ?? null, rows: request.first + 1 };
  return toConnection(await loaders.invitationsOfUser.load(key), request, ({ groupId }) => [groupId]);
}

/** A page of a group's invitations that count still. Faults: BAD_USER_INPUT, NOT_FOUND (for who may not see them). */
export async function listInvitationsOfGroup(
  call: ReadCall,
  groupId: string,
  page: PageArguments,
): Promise<Connection<GroupInvitation>> {
  const request = parsePage(page, 1);
  if (!(await seesInvitations(call, groupId))) throw notFound('list of invitations');
  const key = { of: groupId, after: request.after?.[0] ?? null, rows: request.first + 1 };
  return toConnection(await call.loaders.invitationsOfGroup.load(key), request, ({ userId }) => [userId]);
}
