import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { groupArchived, type InGroup, inGroup } from './inGroup.js';
import { findInvitation } from './invitation.js';
import { membershipRow } from './membership.js';
import type { Ports } from './ports.js';

/** Input of `acceptInvitation`. */
interface AcceptInvitationInput {
  readonly groupId: string;
}

/**
 * Joins the group that invited the caller. The invitation is for the caller's id and no other, is used up, and counts
 * only while who gave it may still invite: an ADMIN who was put out leaves no door behind. A membership that is there
 * already stays as it is.
 * Refusals: GROUP_ARCHIVED, INVITATION_EXPIRED.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also for a group that invited somebody else).
 */
export const acceptInvitation =
  (ports: Ports) =>
  (input: AcceptInvitationInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'acceptInvitation', groupId: input.groupId }, async (parts) => {
      const { stores, person, group, now } = parts;
      const invitation = await findInvitation(parts, person.userId);
      if (group.archivedAt !== null) return groupArchived;
      if (invitation.expiresAt <= now || !(await mayInvite(parts, invitation.inviterId))) {
        const message = 'Its time is over, or who gave it may not invite any more. Ask an ADMIN for another.';
        return err(refused('INVITATION_EXPIRED', message));
      }
      await stores.invitations.remove(group.id, person.userId);
      // Who came in otherwise meanwhile stays what they are: the directory may have said so.
      const present = await stores.groups.membershipOf(group.id, person.userId);
      const role = present?.role ?? invitation.role;
      if (present === null)
        await stores.groups.setMember({ groupId: group.id, userId: person.userId, role, source: 'LOCAL' }, now);
      const entry = { action: 'acceptInvitation', target: group.id, outcome: 'OK', detail: { role } };
      await stores.audit.write(auditEntry(call, entry));
      if (present === null) await stores.feed.append([membershipRow(group, person.userId, role)], now);
      return ok(group);
    });

async function mayInvite({ stores, group }: InGroup, userId: string): Promise<boolean> {
  const inviter = await stores.users.find(userId);
  if (inviter?.status !== 'ACTIVE') return false;
  return inviter.operator || (await stores.groups.membershipOf(group.id, userId))?.role === 'ADMIN';
}
