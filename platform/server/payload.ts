import type { Refusal } from '../kernel/refusal.js';
import type { Result } from '../kernel/result.js';

/** A payload's fields as the graph has them: the things or the refusal, exactly one of them null. */
type PayloadOf<Fields extends object> = { readonly [Name in keyof Fields]: Fields[Name] | null } & {
  readonly refusal: Refusal | null;
};

/**
 * The payload of a mutation (contract.md, grammar rule 1).
 * @param toFields the payload's fields for a value
 */
export function toPayload<Value, Fields extends object>(
  result: Result<Value, Refusal>,
  toFields: (value: Value) => Fields,
): PayloadOf<Fields> {
  if (result.ok) return { ...toFields(result.value), refusal: null };
  // The things are absent here, which GraphQL gives as null: only their names are unknown at run time.
  return { refusal: result.refusal } as PayloadOf<Fields>;
}
