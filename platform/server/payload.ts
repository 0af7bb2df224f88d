import type { Refusal } from '../kernel/refusal.js';
import type { Result } from '../kernel/result.js';

/**
 * The payload of a mutation (contract.md, grammar rule 1): the things or the refusal, exactly one of them null.
 * @param toFields the payload's fields for a value; for a refusal they are absent, which GraphQL gives as null
 */
export function toPayload<Value, Fields extends object>(
  result: Result<Value, Refusal>,
  toFields: (value: Value) => Fields,
): Partial<Fields> & { readonly refusal: Refusal | null } {
  return result.ok
    ? { ...toFields(result.value), refusal: null }
    : { ...({} as Partial<Fields>), refusal: result.refusal };
}
