import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { GroupInvitation } from '../domain/invitation.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { InGroup } from './inGroup.js';

/** The invitation that a person has of the group. @throws Fault NOT_FOUND */
export async function findInvitation({ stores, group }: InGroup, userId: string): Promise<GroupInvitation> {
  const invitation = await stores.invitations.find(group.id, userId);
  if (invitation === null) throw notFound('invitation');
  return invitation;
}

/** Takes an invitation away, answered or taken back. @throws Fault NOT_FOUND where there is none */
export async function removeInvitation(
  parts: InGroup,
  call: Call,
  action: string,
  userId: string,
): Promise<Result<Group, Refusal>> {
  const { stores, group } = parts;
  await findInvitation(parts, userId);
  await stores.invitations.remove(group.id, userId);
  await stores.audit.write(auditEntry(call, { action, target: group.id, outcome: 'OK', detail: { user: userId } }));
  return ok(group);
}
