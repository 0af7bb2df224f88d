import { isOperator } from '../../../platform/auth/viewer.js';
import { notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Group, GroupRole } from '../domain/group.js';
import type { ReadCall } from './call.js';

/** One group. Faults: UNAUTHENTICATED (anonymous), NOT_FOUND (also for who is neither a member nor an operator). */
export async function getGroup(call: ReadCall, id: string): Promise<Group> {
  if (call.viewer.kind === 'anonymous') throw unauthenticated();
  const group = isId('group', id) ? await call.loaders.groupById.load(id) : null;
  if (group === null || !(await seesMembers(call, id))) throw notFound('group');
  return group;
}

/**
 * The group of an id for an entity that names it, such as an offer's provider: whoever is signed in sees its name, as
 * with the other side's account (contract.md). Null for the anonymous, and where there is none.
 */
export async function findGroup({ viewer, loaders }: ReadCall, id: string): Promise<Group | null> {
  if (viewer.kind === 'anonymous' || !isId('group', id)) return null;
  return loaders.groupById.load(id);
}

/** Whether the viewer sees who belongs to a group: its members do, and operators. */
export async function seesMembers({ viewer, loaders }: ReadCall, groupId: string): Promise<boolean> {
  return isOperator(viewer) || (await roleOfViewer({ viewer, loaders }, groupId)) !== null;
}

/** Whether the viewer sees whom a group invited: its ADMINs do, and operators. */
export async function seesInvitations({ viewer, loaders }: ReadCall, groupId: string): Promise<boolean> {
  return isOperator(viewer) || (await roleOfViewer({ viewer, loaders }, groupId)) === 'ADMIN';
}

/** What the viewer may do in a group in person; null for who does not belong to it. */
export async function roleOfViewer({ viewer, loaders }: ReadCall, groupId: string): Promise<GroupRole | null> {
  if (viewer.kind !== 'person' || viewer.actor !== null) return null;
  return loaders.roleInGroup.load({ groupId, userId: viewer.userId });
}
