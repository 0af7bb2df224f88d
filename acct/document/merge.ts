import { type AcctKey, type AcctMap, type AcctValue, isMap } from './value.js';

/** Lays `upper` over `lower`: mappings unite at every level, anything else of `upper` takes the place of what was. */
export function deepMerge(lower: AcctMap, upper: AcctMap): AcctMap {
  const merged = new Map<AcctKey, AcctValue>(lower);
  for (const [key, value] of upper) {
    const below = merged.get(key);
    merged.set(key, isMap(below) && isMap(value) ? deepMerge(below, value) : value);
  }
  return merged;
}
