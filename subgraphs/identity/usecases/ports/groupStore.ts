import type { Group, GroupMember, Membership } from '../../domain/group.js';

/** Groups and their members. */
export interface GroupStore {
  /** Makes a group; false where there is one of this id or name. */
  insert(group: Group & { readonly directoryName?: string }, now: Date): Promise<boolean>;
  find(id: string): Promise<Group | null>;
  /** The group that the configuration maps groups of the directory to by this name. */
  findByDirectoryName(name: string): Promise<Group | null>;
  /** As find; until the transaction ends, nobody else changes the group or who belongs to it. */
  lock(id: string): Promise<Group | null>;
  /** False where another group has the name. */
  rename(id: string, name: string): Promise<boolean>;
  setArchived(id: string, archivedAt: Date | null): Promise<void>;
  membershipOf(groupId: string, userId: string): Promise<Membership | null>;
  /** A person's memberships that the directory says. */
  directoryMembershipsOf(userId: string): Promise<readonly GroupMember[]>;
  adminsOf(groupId: string): Promise<readonly string[]>;
  /** Whether the group has an ADMIN besides this person who is not disabled. */
  hasOtherAdmin(groupId: string, userId: string): Promise<boolean>;
  /** Gives a person a role in a group, the first or another. */
  setMember(member: GroupMember, now: Date): Promise<void>;
  removeMember(groupId: string, userId: string): Promise<void>;
}
