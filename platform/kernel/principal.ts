import { idPrefixes, isId } from './ids.js';

/** A person or a group, by id; identity knows the rest. */
export interface PrincipalReference {
  readonly id: string;
}

/** Whether the id names a person or a group, as the graph's types are called. */
export const principalType = ({ id }: PrincipalReference): 'User' | 'Group' =>
  id.startsWith(`${idPrefixes.group}_`) ? 'Group' : 'User';

/** Whether a text has the form of a person's or a group's id. */
export const isPrincipalId = (text: string): boolean => isId('user', text) || isId('group', text);

/** A person with the person's groups and the role in each. */
export interface Belonging {
  readonly userId: string;
  readonly roles: ReadonlyMap<string, 'MEMBER' | 'ADMIN'>;
}

/** Whether something of a person or group is this person's to use: one's own, or of a group that one is in. */
export const belongsTo = ({ userId, roles }: Belonging, principalId: string): boolean =>
  principalId === userId || roles.has(principalId);

/** Whether this person decides about what a person or group has: the person itself, and the group's ADMINs. */
export const decidesFor = ({ userId, roles }: Belonging, principalId: string): boolean =>
  principalId === userId || roles.get(principalId) === 'ADMIN';

/** The groups whose ADMIN somebody is. */
export const groupsAdministeredBy = ({ roles }: Pick<Belonging, 'roles'>): readonly string[] =>
  [...roles].filter(([, role]) => role === 'ADMIN').map(([groupId]) => groupId);
