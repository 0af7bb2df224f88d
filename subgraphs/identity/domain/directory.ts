import type { GroupRole } from './group.js';
import { identityLimits } from './limits.js';
import { foldUsername } from './user.js';

/** An entry of the directory, as far as identity is concerned. */
export interface DirectoryEntry {
  /** What names the entry for good: it survives renames and moves, and is never given to another. */
  readonly id: string;
  /** The login names, as the directory writes them. */
  readonly names: readonly string[];
  readonly displayName: string | null;
  readonly email: string | null;
  /** The mapped groups of the directory that the entry belongs to, as the configuration writes their DNs. */
  readonly groups: readonly string[];
}

/** A group of the directory, and what its members are in a group of Tollgate. */
export interface MappedGroup {
  /** The DN of the directory's group. */
  readonly dn: string;
  readonly groupId: string;
  readonly role: GroupRole;
}

/** The roles that an entry has by the directory's word: of several groups that are mapped to one the higher role counts. */
export function rolesOfEntry(
  entry: Pick<DirectoryEntry, 'groups'>,
  mapping: readonly MappedGroup[],
): ReadonlyMap<string, GroupRole> {
  const roles = new Map<string, GroupRole>();
  for (const { dn, groupId, role } of mapping) {
    if (entry.groups.includes(dn) && roles.get(groupId) !== 'ADMIN') roles.set(groupId, role);
  }
  return roles;
}

/** Whether a login name, folded as user names are, is one of the entry's. */
export const hasName = (entry: Pick<DirectoryEntry, 'names'>, username: string): boolean =>
  entry.names.some((name) => foldUsername(name) === username);

/** How many of the directory's people may be gone at once, for that to be believed. */
export const closingsMax = (people: number): number =>
  Math.max(identityLimits.directoryClosedAtLeast, Math.floor(people * identityLimits.directoryClosedShare));

/**
 * A value of a relative distinguished name, escaped as RFC 4514, section 2.4, says: whatever is in it, it names one
 * entry below its parent and never another place of the tree.
 */
export function escapeRdnValue(value: string): string {
  return value.replace(/^[ #]|["+,;<>\\=]| $/g, '\\$&').replace(/\0/g, '\\00');
}
