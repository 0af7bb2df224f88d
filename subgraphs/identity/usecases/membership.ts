import { membershipSubject } from '../../../platform/auth/memberships.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { FeedChange } from '../domain/feed.js';
import { type Group, type GroupRole, type Membership, publishedRole } from '../domain/group.js';
import type { Stores } from './ports.js';

/** The feed's row of one membership; null where it has ended. */
export const membershipRow = (group: Group, userId: string, role: GroupRole | null): FeedChange => ({
  kind: 'MEMBERSHIP',
  subject: membershipSubject(group.id, userId),
  state: role === null ? 'NONE' : publishedRole(group, role),
  data: {},
});

/** Why a membership cannot be changed by hand from what it is; null where it can. */
export async function refuseChange(
  stores: Stores,
  group: Group,
  userId: string,
  present: Membership | null,
): Promise<Refusal | null> {
  if (present?.source === 'DIRECTORY') {
    return refused('MEMBERSHIP_OF_DIRECTORY', 'The membership comes from a group of the directory. Change it there.');
  }
  if (present?.role === 'ADMIN' && !(await stores.groups.hasOtherAdmin(group.id, userId))) {
    return refused('LAST_ADMIN', 'The group would be left without an ADMIN. Make somebody else one first.');
  }
  return null;
}
