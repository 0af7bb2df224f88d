import type { FeedChange } from '../domain/feed.js';
import type { GroupRole } from '../domain/group.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { membershipRow } from './membership.js';
import type { Stores } from './ports.js';

/**
 * Makes a person's memberships of the directory those that it says now. What it says of a person takes the place of what
 * was there by hand; memberships that are by hand alone it leaves. It may take a group's last ADMIN: who is put out
 * there must be out here, and operators can name another. Returns the feed's rows, to be appended last.
 */
export async function syncMemberships(
  stores: Stores,
  parts: {
    readonly userId: string;
    readonly roles: ReadonlyMap<string, GroupRole>;
    readonly call: Call;
    readonly now: Date;
  },
): Promise<readonly FeedChange[]> {
  const { userId, roles, call, now } = parts;
  const said = await stores.groups.directoryMembershipsOf(userId);
  const rows: FeedChange[] = [];
  // In one order everywhere, so that two people's log-ins never wait for each other's groups.
  for (const groupId of [...new Set([...said.map((member) => member.groupId), ...roles.keys()])].sort()) {
    const group = await stores.groups.lock(groupId);
    const present = group === null ? null : await stores.groups.membershipOf(groupId, userId);
    // Nobody new comes into an archived group.
    const wanted = present === null && group?.archivedAt !== null ? null : (roles.get(groupId) ?? null);
    if (group === null || (wanted === null && present?.source !== 'DIRECTORY')) continue;
    if (present?.source === 'DIRECTORY' && present.role === wanted) continue;
    if (wanted === null) await stores.groups.removeMember(groupId, userId);
    else await stores.groups.setMember({ groupId, userId, role: wanted, source: 'DIRECTORY' }, now);
    // What the directory has spoken of is not for an older invitation to change back.
    await stores.invitations.remove(groupId, userId);
    const detail = { user: userId, role: wanted ?? 'NONE' };
    const entry = { action: 'syncMembership', target: groupId, outcome: 'OK', actor: 'directory', detail };
    await stores.audit.write(auditEntry(call, entry));
    rows.push(membershipRow(group, userId, wanted));
  }
  return rows;
}
