import { isId } from '../kernel/ids.js';
import type { FeedState } from './feedProjection.js';

/** What a member may do in a group. */
export type GroupRole = 'MEMBER' | 'ADMIN';

/** A person's groups: the group's id and the role there. */
export type Roles = ReadonlyMap<string, GroupRole>;

/** What a MEMBERSHIP row of the feed speaks of: one person in one group. */
export const membershipSubject = (groupId: string, userId: string): string => `${groupId}/${userId}`;

/** Tells from memory who belongs to which groups. */
export interface MembershipIndex {
  /** Takes the newest state of a membership in; rows of other kinds are left out. */
  take(state: Pick<FeedState, 'kind' | 'subject' | 'state'>): void;
  /** Forgets all and takes these in, in one step; what `rolesOf` gave before shows it. */
  renew(states: Iterable<Pick<FeedState, 'kind' | 'subject' | 'state'>>): void;
  /** The groups of a person. What comes later with the feed shows in it too, so a removal counts inside a request. */
  rolesOf(userId: string): Roles;
}

const NONE: Roles = new Map();

/**
 * An empty index. It holds the present memberships alone, some 200 bytes for each; with the row that the follower keeps
 * of every membership there ever was, 100,000 of them take some 50 MB.
 */
export function membershipIndex(): MembershipIndex {
  const byUser = new Map<string, Map<string, GroupRole>>();
  const take: MembershipIndex['take'] = ({ kind, subject, state }) => {
    if (kind !== 'MEMBERSHIP') return;
    const [groupId = '', userId = ''] = subject.split('/');
    if (!isId('group', groupId) || !isId('user', userId)) return;
    const roles = byUser.get(userId) ?? new Map<string, GroupRole>();
    // Any other state than the two roles is the end of the membership: what is not understood gives no right.
    if (state === 'MEMBER' || state === 'ADMIN') roles.set(groupId, state);
    else roles.delete(groupId);
    if (roles.size === 0) byUser.delete(userId);
    else byUser.set(userId, roles);
  };
  return {
    take,
    renew(states) {
      for (const roles of byUser.values()) roles.clear();
      for (const state of states) take(state);
      for (const [userId, roles] of byUser) if (roles.size === 0) byUser.delete(userId);
    },
    rolesOf: (userId) => byUser.get(userId) ?? NONE,
  };
}
