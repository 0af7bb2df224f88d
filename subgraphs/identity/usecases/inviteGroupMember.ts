import { badUserInput, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Group, GroupRole } from '../domain/group.js';
import { type GroupInvitation, invitationExpiryFrom } from '../domain/invitation.js';
import { identityLimits } from '../domain/limits.js';
import { foldUsername, type User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { groupArchived, inGroup, requireManager } from './inGroup.js';
import type { Ports, UserStore } from './ports.js';

/** Input of `inviteGroupMember`: exactly one of userId and username. */
interface InviteGroupMemberInput {
  readonly groupId: string;
  readonly userId?: string | null | undefined;
  readonly username?: string | null | undefined;
  /** Absent: MEMBER. */
  readonly role?: GroupRole | null | undefined;
}

/** The group and the invitation to it. */
interface InvitedTo {
  readonly group: Group;
  readonly invitation: GroupInvitation;
}

/**
 * For the group's ADMINs and operators: offers an ACTIVE person a membership. It binds nobody: the person alone, by id,
 * accepts it. To offer it again renews it, with the role given then.
 * Refusals: GROUP_ARCHIVED, ALREADY_MEMBER, LIMIT_EXCEEDED (group.invitations).
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also for strangers), BAD_USER_INPUT (none or both of id and name).
 */
export const inviteGroupMember =
  (ports: Ports) =>
  (input: InviteGroupMemberInput, call: Call): Promise<Result<InvitedTo, Refusal>> =>
    inGroup(ports, call, { action: 'inviteGroupMember', groupId: input.groupId }, async (parts) => {
      const { stores, person, group, now } = parts;
      await requireManager(parts);
      if (group.archivedAt !== null) return groupArchived;
      const user = await findInvited(stores.users, input);
      if (user === null || user.status !== 'ACTIVE') throw notFound('active user');
      if ((await stores.groups.membershipOf(group.id, user.id)) !== null) {
        return err(refused('ALREADY_MEMBER', 'The person is a member already; setGroupRole changes the role.'));
      }
      if ((await stores.invitations.countOf(group.id, now)) >= identityLimits.invitationsOfGroupMax) {
        return err(tooMany);
      }
      const role = input.role ?? 'MEMBER';
      const offer = { groupId: group.id, userId: user.id, role, inviterId: person.userId };
      const invitation = { ...offer, createdAt: now, expiresAt: invitationExpiryFrom(now) };
      await stores.invitations.put(invitation);
      const entry = { action: 'inviteGroupMember', target: group.id, outcome: 'OK', detail: { user: user.id, role } };
      await stores.audit.write(auditEntry(call, entry));
      return ok({ group, invitation });
    });

const tooMany: Refusal = {
  type: 'LimitExceeded',
  code: 'LIMIT_EXCEEDED',
  limit: 'group.invitations',
  message: `At most ${identityLimits.invitationsOfGroupMax} invitations of a group wait for an answer. Withdraw some.`,
};

function findInvited(users: UserStore, { userId, username }: InviteGroupMemberInput): Promise<User | null> {
  if ((userId == null) === (username == null)) throw badUserInput('Give exactly one of userId and username.');
  if (userId != null) return isId('user', userId) ? users.find(userId) : Promise.resolve(null);
  const folded = foldUsername(username ?? '');
  return folded === null ? Promise.resolve(null) : users.findByUsername(folded);
}
