import type { IdentityHarness } from './identityHarness.js';
import { type Mutated, runMutation } from './runMutation.js';

/** What came of a mutation whose things are looked at one by one. */
export type Outcome = Mutated<Record<string, unknown>>;

/** As runMutation, for a token or nobody. */
export const mutate = (
  identity: IdentityHarness,
  name: string,
  input: Record<string, unknown>,
  selection: string,
  token: string | null,
): Promise<Outcome> => runMutation(identity, name, input, selection, token === null ? {} : { token });

/** The refusal's code, the fault's, or OK. */
export const codeOf = ({ outcome }: Outcome): string => outcome;

/** The id of a thing in a payload. @throws Error where the payload has none */
export function idOf({ payload, outcome }: Outcome, field: string): string {
  const thing = payload?.[field] as { readonly id: string } | null | undefined;
  if (thing == null) throw new Error(`no ${field}: ${outcome}`);
  return thing.id;
}
