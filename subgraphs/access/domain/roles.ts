/** What a member may do in a group. */
export type GroupRole = 'MEMBER' | 'ADMIN';

/** Somebody's groups: the group's id and the role there. */
export type Roles = ReadonlyMap<string, GroupRole>;
