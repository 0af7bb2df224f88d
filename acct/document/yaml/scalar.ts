import type { AcctValue } from '../value.js';

/** What PyYAML's safe loader takes a plain scalar for. `merge`, `value` and `date` it would not hand to msgpack. */
type PlainScalar =
  | { readonly kind: 'value'; readonly value: AcctValue }
  | { readonly kind: 'merge' | 'equals' | 'date' };

const BOOLEAN = /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const DATE =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

/**
 * Resolves a plain scalar by the YAML 1.1 rules of PyYAML 6: `yes` is true, 0777 is 511, 1:20 is 80, 1_000 is 1000,
 * while 1e3 and 09 stay text.
 */
export function resolvePlain(text: string): PlainScalar {
  if (text === '<<') return { kind: 'merge' };
  if (text === '=') return { kind: 'equals' };
  if (DATE.test(text)) return { kind: 'date' };
  if (NULL.test(text)) return { kind: 'value', value: null };
  const value = parseBoolean(text) ?? parseInteger(text) ?? parseFloating(text) ?? text;
  return { kind: 'value', value };
}

/** The boolean that the text means, or null. */
export function parseBoolean(text: string): boolean | null {
  const match = BOOLEAN.exec(text);
  return match === null ? null : match[1] !== undefined;
}

/** The integer that the text means, or null. */
export function parseInteger(text: string): bigint | null {
  if (!INTEGER.test(text)) return null;
  const sign = text.startsWith('-') ? -1n : 1n;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  if (digits.includes(':')) {
    return sign * digits.split(':').reduce((whole, part) => whole * 60n + BigInt(part), 0n);
  }
  if (/^0[bx]$/.test(digits)) return null;
  return sign * BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

/** The float that the text means, or null. */
export function parseFloating(text: string): number | null {
  if (!FLOAT.test(text)) return null;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  // From the last part on, as PyYAML adds them: the sum is rounded alike.
  return (
    sign *
    digits.split(':').reduceRight((sum, part, index, all) => sum + Number(part) * 60 ** (all.length - 1 - index), 0)
  );
}
