/** What every person's session token allows. compute:control and accounting:usage are a controller's, bound to its clusters. */
const PERSON_SCOPES = [
  'accounting:spend',
  'access:request',
  'storage:read',
  'storage:write',
  'compute:submit',
  'identity:groups',
] as const;

const PROGRAM_SCOPES = ['accounting:deposit', 'accounting:usage', 'compute:control'] as const;

/** Every scope that there is: what a service account can be given. */
export const allScopes: readonly string[] = [...PERSON_SCOPES, ...PROGRAM_SCOPES];

/** All scopes of a person (contract.md): operators may deposit as well. */
export const scopesOfPerson = ({ operator }: { readonly operator: boolean }): readonly string[] =>
  operator ? [...PERSON_SCOPES, 'accounting:deposit'] : PERSON_SCOPES;

/**
 * What a personal access key can have: all of its person's but the groups, since who belongs to what is for people to
 * say, and a key that is lost must not let anybody in.
 */
export const scopesOfKeys = (person: { readonly operator: boolean }): readonly string[] =>
  scopesOfPerson(person).filter((scope) => scope !== 'identity:groups');

/** The wanted scopes, each once, where the bearer has every one of them; null where it lacks one. */
export function narrowScopes(wanted: readonly string[], held: readonly string[]): readonly string[] | null {
  const distinct = [...new Set(wanted)];
  return distinct.every((scope) => held.includes(scope)) ? distinct : null;
}
