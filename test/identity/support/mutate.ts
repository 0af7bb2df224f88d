import type { IdentityHarness } from './identityHarness.js';

/** What came of a mutation: its payload, or the first error's code. */
export interface Outcome {
  readonly payload:
    | (Record<string, unknown> & { readonly refusal: { readonly code: string; readonly limit?: string } | null })
    | null;
  readonly fault: string | null;
}

/** Runs a mutation that gives the named things of its payload. */
export async function mutate(
  identity: IdentityHarness,
  name: string,
  input: Record<string, unknown>,
  selection: string,
  token: string | null,
): Promise<Outcome> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const { data, errors } = await identity.call<Record<string, NonNullable<Outcome['payload']>>>(
    `mutation ($input: ${type}) { ${name}(input: $input) { ${selection}
      refusal { code ... on LimitExceeded { limit } } } }`,
    { input },
    token === null ? {} : { token },
  );
  return { payload: data?.[name] ?? null, fault: errors[0]?.extensions.code ?? null };
}

/** The refusal's code, the fault's, or OK. */
export const codeOf = ({ payload, fault }: Outcome): string => fault ?? payload?.refusal?.code ?? 'OK';

/** The id of a thing in a payload. @throws Error where the payload has none */
export function idOf(outcome: Outcome, field: string): string {
  const thing = outcome.payload?.[field] as { readonly id: string } | null | undefined;
  if (thing == null) throw new Error(`no ${field}: ${codeOf(outcome)}`);
  return thing.id;
}
