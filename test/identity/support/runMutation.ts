import type { CallOptions } from '../../support/subgraph.js';
import type { IdentityHarness } from './identityHarness.js';

/** What came of a mutation. */
export interface Mutated<Fields> {
  readonly payload: ({ [Name in keyof Fields]: Fields[Name] | null } & { refusal: { code: string } | null }) | null;
  /** `OK`, or the code of the refusal or fault. */
  readonly outcome: string;
}

/** Runs one of identity's mutations. @param selection the payload's fields; the refusal is added */
export async function runMutation<Fields extends object = Record<never, never>>(
  identity: Pick<IdentityHarness, 'call'>,
  name: string,
  input: object,
  selection = '',
  options: CallOptions = {},
): Promise<Mutated<Fields>> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const document = `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} refusal { code } } }`;
  const { data, errors } = await identity.call<Record<string, NonNullable<Mutated<Fields>['payload']>>>(
    document,
    { input },
    options,
  );
  const payload = data?.[name] ?? null;
  return { payload, outcome: errors[0]?.extensions.code ?? payload?.refusal?.code ?? 'OK' };
}
