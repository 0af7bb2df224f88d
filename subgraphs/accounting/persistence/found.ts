import { type IdKind, isId } from '../../../platform/kernel/ids.js';

/** The rows by a key of theirs. */
export const byKey = <Row>(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, Row> =>
  new Map(rows.map((row) => [key(row), row]));

/** The rows in groups, each in the order of the rows. */
export function groupBy<Row, Value>(
  rows: readonly Row[],
  key: (row: Row) => string,
  value: (row: Row) => Value,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [value(row)]);
    else group.push(value(row));
  }
  return groups;
}

/** The ids that could name a thing of this kind. Others name nothing, and some could not even be asked for (NUL). */
export const plausible = (kind: IdKind, ids: readonly string[]): string[] => ids.filter((id) => isId(kind, id));
