import { idPrefixes } from './ids.js';

/** A person or a group, by id; identity knows the rest. */
export interface PrincipalReference {
  readonly id: string;
}

/** Whether the id names a person or a group, as the graph's types are called. */
export const principalType = ({ id }: PrincipalReference): 'User' | 'Group' =>
  id.startsWith(`${idPrefixes.group}_`) ? 'Group' : 'User';
