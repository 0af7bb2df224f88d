/** What a member may do in a group. */
export type GroupRole = 'MEMBER' | 'ADMIN';

/** Where a membership comes from; the directory's are its alone to change. */
export type MembershipSource = 'LOCAL' | 'DIRECTORY';

/** People who share accounts, grants and drives. */
export interface Group {
  readonly id: string;
  readonly name: string;
  /** Since when nothing new is done in its name; null while it is in use. */
  readonly archivedAt: Date | null;
}

/** One person in one group. */
export interface GroupMember {
  readonly groupId: string;
  readonly userId: string;
  readonly role: GroupRole;
  readonly source: MembershipSource;
}

/** What a person is in a group, without saying which. */
export type Membership = Pick<GroupMember, 'role' | 'source'>;

/**
 * The role that other services are told of. In an archived group nobody is more than a MEMBER, so that nobody spends or
 * requests in its name any more, while what it has can still be seen and used to its end.
 */
export const publishedRole = (group: Group, role: GroupRole): GroupRole =>
  group.archivedAt === null ? role : 'MEMBER';
