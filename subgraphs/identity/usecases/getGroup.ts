import { isOperator } from '../../../platform/auth/viewer.js';
import { notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Group } from '../domain/group.js';
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
  if (isOperator(viewer)) return true;
  if (viewer.kind !== 'person' || viewer.actor !== null) return false;
  return loaders.isMember.load({ groupId, userId: viewer.userId });
}
