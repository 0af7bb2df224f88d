import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { UsageEntry, UsageMetadata } from './usage.js';

const COUNT = /^-?[0-9]{1,38}$/;
// RFC 3339 with an offset, as the scalar DateTime takes it.
const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const FIELDS = new Set([
  'externalId',
  'segment',
  'revision',
  'user',
  'group',
  'account',
  'resource',
  'start',
  'end',
  'cpuSeconds',
  'gpuSeconds',
  'memoryByteSeconds',
  'storageByteSeconds',
  'metadata',
]);

/** Thrown within this file alone, at the first field that has not its form. */
class Malformed extends Error {}

/**
 * Reads one line of a stream: a JSON object with the fields of UsageRecordInput in the forms of the graph's scalars.
 * By hand, since a line is read in microseconds so and a stream has hundreds of thousands.
 * @returns the record, or what is wrong with the form of the line
 */
export function readUsageLine(line: string): Result<UsageEntry, string> {
  try {
    return ok(readEntry(JSON.parse(line)));
  } catch (error) {
    if (error instanceof Malformed) return err(error.message);
    if (error instanceof SyntaxError) return err('The line is not JSON.');
    throw error;
  }
}

function readEntry(value: unknown): UsageEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('A line is an object.');
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) if (!FIELDS.has(name)) throw new Malformed('The line has a field that no record has.');
  return {
    externalId: text(fields, 'externalId'),
    segment: ordinal(fields, 'segment'),
    revision: ordinal(fields, 'revision'),
    user: textOrNull(fields, 'user'),
    group: textOrNull(fields, 'group'),
    account: textOrNull(fields, 'account'),
    resource: text(fields, 'resource'),
    startMs: instant(fields, 'start'),
    endMs: instant(fields, 'end'),
    cpuSeconds: count(fields, 'cpuSeconds'),
    gpuSeconds: count(fields, 'gpuSeconds'),
    memoryByteSeconds: count(fields, 'memoryByteSeconds'),
    storageByteSeconds: count(fields, 'storageByteSeconds'),
    metadata: metadata(fields['metadata']),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Malformed(`${name} must be a string.`);
  return value;
}

const textOrNull = (fields: Fields, name: string): string | null => (fields[name] == null ? null : text(fields, name));

function ordinal(fields: Fields, name: string): number {
  const value = fields[name] ?? 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Malformed(`${name} must be a whole number.`);
  return value;
}

function count(fields: Fields, name: string): bigint {
  const value = fields[name];
  if (value == null) return 0n;
  if (typeof value !== 'string' || !COUNT.test(value)) throw new Malformed(`${name} must be a string of digits.`);
  return BigInt(value);
}

function instant(fields: Fields, name: string): number {
  const value = text(fields, name);
  const ms = DATE_TIME.test(value) ? Date.parse(value) : Number.NaN;
  // Date rolls 30 February over into March; such a day does not exist.
  const day = Number(value.slice(8, 10));
  if (Number.isNaN(ms) || (day > 28 && !isDay(value, day))) throw new Malformed(`${name} must be RFC 3339.`);
  return ms;
}

const isDay = (value: string, day: number): boolean =>
  new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)) - 1, day)).getUTCDate() === day;

function metadata(value: unknown): readonly UsageMetadata[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw new Malformed('metadata must be a list.');
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw new Malformed('metadata has objects with name and value.');
    return { name: text(entry as Fields, 'name'), value: text(entry as Fields, 'value') };
  });
}
