import { type AcctKey, type AcctMap, type AcctValue, isList, isMap } from './value.js';

/** A value as programs like to use it: objects, arrays, and integers as numbers wherever a number holds them exactly. */
export type PlainValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** Gives the value of a document to a program. `Object.fromEntries` makes own properties, also of `__proto__`. */
export function toPlain(value: AcctValue): PlainValue {
  if (isMap(value)) return Object.fromEntries([...value].map(([key, held]) => [String(key), toPlain(held)]));
  if (isList(value)) return value.map(toPlain);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return value;
}

/** Takes a value from a program: a whole number becomes an integer, any other number a float. */
function fromPlain(value: PlainValue): AcctValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as AcctValue;
  return mapFromPlain(value as { readonly [key: string]: PlainValue });
}

/** Takes a mapping from a program. */
export const mapFromPlain = (value: { readonly [key: string]: PlainValue }): AcctMap =>
  new Map<AcctKey, AcctValue>(Object.entries(value).map(([key, held]) => [key, fromPlain(held)]));
