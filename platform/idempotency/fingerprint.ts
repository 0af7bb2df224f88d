import { createHash } from 'node:crypto';

const DECIMAL = /^-?[0-9]+\.[0-9]+$/;

/**
 * A hash that is equal for inputs that mean the same: keys in any order, absent like null, '1.0' like '1'.
 * @param input the mutation's input after defaults; its idempotencyKey does not count
 */
export function fingerprint(operation: string, input: unknown): string {
  return createHash('sha256').update(operation).update('\0').update(canonical(input)).digest('base64url');
}

function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (typeof value === 'string') return JSON.stringify(DECIMAL.test(value) ? trimZeros(value) : value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([name, field]) => name !== 'idempotencyKey' && field !== null && field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const trimZeros = (decimal: string): string => decimal.replace(/\.?0+$/, '');
