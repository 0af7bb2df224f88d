import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Group, GroupRole } from '../domain/group.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { groupArchived, type InGroup, inGroup } from './inGroup.js';
import { membershipRow, refuseChange } from './membership.js';
import type { Ports } from './ports.js';

/** Which membership, and what shall become of it. */
interface MembershipChange {
  /** The mutation's name. */
  readonly action: string;
  readonly groupId: string;
  readonly userId: string;
  /** Sees to it that the caller may. @throws Fault NOT_FOUND, FORBIDDEN */
  require(parts: InGroup): Promise<void>;
  /** The new role, null for none, from the present one (null: not a member). May throw NOT_FOUND. */
  judge(present: GroupRole | null, user: User): Result<GroupRole | null, Refusal>;
}

/**
 * Changes one membership, with its audit entry and its row in the feed, under the group's lock: of two admins who put
 * each other out at the same time one stays. What is so already is no error and leaves no trace.
 * Refusals: MEMBERSHIP_OF_DIRECTORY, LAST_ADMIN, GROUP_ARCHIVED (for what is no end) and those of `judge`.
 * Faults: UNAUTHENTICATED, FORBIDDEN (a mere member, and tokens without identity:groups), NOT_FOUND (also for strangers).
 */
export const changeMembership = (ports: Ports, call: Call, change: MembershipChange): Promise<Result<Group, Refusal>> =>
  inGroup(ports, call, change, async (parts) => {
    const { stores, group, now } = parts;
    const { action, userId } = change;
    await change.require(parts);
    const user = isId('user', userId) ? await stores.users.find(userId) : null;
    if (user === null) throw notFound('user');
    const present = await stores.groups.membershipOf(group.id, userId);
    const wanted = change.judge(present?.role ?? null, user);
    if (!wanted.ok) return wanted;
    const role = wanted.value;
    if (role === (present?.role ?? null)) return ok(group);
    if (role !== null && group.archivedAt !== null) return groupArchived;
    const refusal = await refuseChange(stores, group, userId, present);
    if (refusal !== null) return err(refusal);
    if (role === null) await stores.groups.removeMember(group.id, userId);
    else await stores.groups.setMember({ groupId: group.id, userId, role, source: 'LOCAL' }, now);
    // Who belongs to the group needs no invitation any more.
    await stores.invitations.remove(group.id, userId);
    const detail = { user: userId, role: role ?? 'NONE' };
    await stores.audit.write(auditEntry(call, { action, target: group.id, outcome: 'OK', detail }));
    await stores.feed.append([membershipRow(group, userId, role)], now);
    return ok(group);
  });
