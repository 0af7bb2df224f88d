/** What a member may do in a group. */
export type GroupRole = 'MEMBER' | 'ADMIN';

/** People who share accounts, grants and drives. */
export interface Group {
  readonly id: string;
  readonly name: string;
}

/** One person in one group. */
export interface GroupMember {
  readonly groupId: string;
  readonly userId: string;
  readonly role: GroupRole;
}
