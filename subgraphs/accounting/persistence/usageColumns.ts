import { newId } from '../../../platform/kernel/ids.js';
import { metadataText, type UsageEntry } from '../domain/usage.js';
import type { BlockItem } from '../usecases/ports/usage.js';

/** Separates the texts of a column; no text of a record has control characters. */
const SEPARATOR = '\u001f';

/** A parameter of record_usage: one text for a whole column, and the SQL that makes the array of it. */
interface Column {
  readonly text: string;
  readonly type: 'text' | 'int' | 'bigint' | 'numeric';
}

/** The SQL for a column that stands at a position. A column travels as one text, which costs far less than an array. */
export const columnSql = ({ type }: Column, position: number): string =>
  type === 'text'
    ? `string_to_array($${position}::text, chr(31), '')`
    : `string_to_array($${position}::text, ',')::${type}[]`;

const texts = (values: readonly string[]): Column => ({ text: values.join(SEPARATOR), type: 'text' });

/** Writes a block as the columns that record_usage takes after its call and input, in their order. */
export function toUsageColumns(items: readonly BlockItem[]): readonly Column[] {
  const payers = new Map<string, number>();
  const resources = new Map<string, number>();
  const named: UsageEntry[] = [];
  const payerOf = (entry: UsageEntry): number => {
    const key = `${entry.user ?? ''} ${entry.group ?? ''} ${entry.account ?? ''}`;
    const known = payers.get(key);
    if (known !== undefined) return known;
    payers.set(key, named.push(entry));
    return named.length;
  };
  const resourceOf = ({ resource }: UsageEntry): number => {
    const known = resources.get(resource);
    if (known !== undefined) return known;
    resources.set(resource, resources.size + 1);
    return resources.size;
  };
  const column = (type: Column['type'], value: (entry: UsageEntry) => string | number | bigint): Column => ({
    text: items.map((item) => (item.judgement === null ? value(item.entry) : 0)).join(','),
    type,
  });
  const payer = column('int', payerOf);
  const resource = column('int', resourceOf);
  return [
    texts(named.map(() => newId('transfer'))),
    texts(named.map(({ user }) => user ?? '')),
    texts(named.map(({ group }) => group ?? '')),
    texts(named.map(({ account }) => account ?? '')),
    texts([...resources.keys()]),
    texts(items.map(({ judgement }) => judgement ?? '')),
    texts(items.map((item) => (item.judgement === null ? item.entry.externalId : ''))),
    column('int', ({ segment }) => segment),
    column('int', ({ revision }) => revision),
    payer,
    resource,
    column('bigint', ({ startMs }) => startMs),
    column('bigint', ({ endMs }) => endMs),
    column('bigint', ({ cpuSeconds }) => cpuSeconds),
    column('bigint', ({ gpuSeconds }) => gpuSeconds),
    column('numeric', ({ memoryByteSeconds }) => memoryByteSeconds),
    column('numeric', ({ storageByteSeconds }) => storageByteSeconds),
    texts(items.map((item) => (item.judgement === null ? (metadataText(item.entry.metadata) ?? '') : ''))),
  ];
}
