import { membershipSubject } from '../../../platform/auth/memberships.js';
import { isOperator, type Person, requireScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Group, GroupRole } from '../domain/group.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, Stores } from './ports.js';

/** Which membership, and what shall become of it. */
interface MembershipChange {
  /** The mutation's name. */
  readonly action: string;
  readonly groupId: string;
  readonly userId: string;
  /** Whether the group's own ADMINs may do it, besides operators. */
  readonly byAdmins: boolean;
  /** The new role, null for none, from the present one (null: not a member). May throw NOT_FOUND. */
  judge(present: GroupRole | null, user: User): Result<GroupRole | null, Refusal>;
}

/**
 * Changes one membership, with its audit entry and its row in the feed, under the group's lock: of two admins who put
 * each other out at the same time one stays. What is so already is no error and leaves no trace.
 * Refusals: LAST_ADMIN and those of `judge`.
 * Faults: UNAUTHENTICATED, FORBIDDEN (a mere member, and tokens without identity:groups), NOT_FOUND (also for strangers).
 */
export async function changeMembership(
  ports: Ports,
  call: Call,
  change: MembershipChange,
): Promise<Result<Group, Refusal>> {
  const person = requireInPerson(call.viewer);
  requireScope(person, 'identity:groups');
  const now = ports.clock.now();
  await faultpoint(`identity.${change.action}.beforeCommit`);
  const result = await ports.database.transaction((stores) => changeIn(stores, person, call, change, now));
  await faultpoint(`identity.${change.action}.afterCommit`);
  if (!result.ok) return result;
  if (result.value.changed) await ports.feedNews();
  return ok(result.value.group);
}

async function changeIn(
  stores: Stores,
  person: Person,
  call: Call,
  { action, groupId, userId, byAdmins, judge }: MembershipChange,
  now: Date,
): Promise<Result<{ readonly group: Group; readonly changed: boolean }, Refusal>> {
  const group = isId('group', groupId) ? await stores.groups.lock(groupId) : null;
  if (group === null) throw notFound('group');
  await requireManager(stores, person, groupId, byAdmins);
  const user = isId('user', userId) ? await stores.users.find(userId) : null;
  if (user === null) throw notFound('user');
  const present = await stores.groups.roleOf(groupId, userId);
  const wanted = judge(present, user);
  if (!wanted.ok) return wanted;
  if (wanted.value === present) return ok({ group, changed: false });
  if (present === 'ADMIN' && !(await stores.groups.hasOtherAdmin(groupId, userId))) {
    return err(refused('LAST_ADMIN', 'The group would be left without an ADMIN. Make somebody else one first.'));
  }
  await stores.groups.setRole(groupId, userId, wanted.value, now);
  const state = wanted.value ?? 'NONE';
  const entry = { action, target: groupId, outcome: 'OK', detail: { user: userId, role: state } };
  await stores.audit.write(auditEntry(call, entry));
  await stores.feed.append([{ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, userId), state, data: {} }], now);
  return ok({ group, changed: true });
}

/** The caller's own role is read under the lock as well: who was put out a moment ago changes nothing any more. */
async function requireManager(stores: Stores, person: Person, groupId: string, byAdmins: boolean): Promise<void> {
  if (isOperator(person)) return;
  const role = await stores.groups.roleOf(groupId, person.userId);
  if (role === null) throw notFound('group');
  if (!byAdmins) throw forbidden('Only an operator may do this.');
  if (role !== 'ADMIN') throw forbidden("Only the group's ADMINs and operators may do this.");
}
