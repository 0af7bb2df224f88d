import type { Group, GroupRole } from '../../domain/group.js';

/** Groups and their members. */
export interface GroupStore {
  /** Makes a group; false where there is one of this id or name. */
  insert(group: Group, now: Date): Promise<boolean>;
  find(id: string): Promise<Group | null>;
  /** As find; until the transaction ends, nobody else changes who belongs to the group. */
  lock(id: string): Promise<Group | null>;
  roleOf(groupId: string, userId: string): Promise<GroupRole | null>;
  /** Whether the group has an ADMIN besides this person who is not disabled. */
  hasOtherAdmin(groupId: string, userId: string): Promise<boolean>;
  /** Gives a person a role in a group, the first or another; null ends the membership. */
  setRole(groupId: string, userId: string, role: GroupRole | null, now: Date): Promise<void>;
}
