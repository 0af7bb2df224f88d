/**
 * A value of an encrypted document, exactly as the file holds it: integers are bigint, floats are number, so that 1 and
 * 1.0 stay apart; mappings keep their order and the types of their keys.
 */
export type AcctValue = null | boolean | bigint | number | string | Uint8Array | readonly AcctValue[] | AcctMap;

/** What may be a key of a mapping. */
export type AcctKey = null | boolean | bigint | number | string;

/** A mapping in the order of its file. */
export type AcctMap = ReadonlyMap<AcctKey, AcctValue>;

/** Integers from here to UNSIGNED_MAX are what the format can hold. */
export const SIGNED_MIN = -(2n ** 63n);
export const UNSIGNED_MAX = 2n ** 64n - 1n;

export const isMap = (value: AcctValue | undefined): value is AcctMap => value instanceof Map;
export const isList = (value: AcctValue | undefined): value is readonly AcctValue[] => Array.isArray(value);

/** The same text for keys that Python takes for the same: 1, 1.0 and true. */
export function keyIdentity(key: AcctKey): string {
  if (typeof key === 'string') return `s${key}`;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'n1' : 'n0';
  return `n${Number.isInteger(key) ? BigInt(key) : key}`;
}
