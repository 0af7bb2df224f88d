import type { Refusal } from '../../../platform/kernel/refusal.js';

/** A refusal as JSON; amounts are bigint, which JSON does not know. */
export const refusalToJson = (refusal: Refusal): string =>
  JSON.stringify(refusal, (_name, value: unknown) => (typeof value === 'bigint' ? { $bigint: `${value}` } : value));

/** A refusal that refusalToJson wrote, and PostgreSQL read. */
export const refusalFromJson = (value: unknown): Refusal =>
  // Nothing else is ever written to these columns.
  JSON.parse(JSON.stringify(value), (_name, field: unknown) =>
    typeof field === 'object' && field !== null && '$bigint' in field ? BigInt(String(field.$bigint)) : field,
  ) as Refusal;
