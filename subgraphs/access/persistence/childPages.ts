import type { SqlSession } from '../../../platform/database/sql.js';
import type { ChildPage } from '../usecases/ports.js';

/** A list that stands below each of many parents. */
interface ChildList {
  /** Table and columns, all our own words. */
  readonly table: string;
  /** What is selected, named as the caller wants it; the key column keeps its name. */
  readonly columns: string;
  readonly parentColumn: string;
  /** The sort key; it is compared as `cursorType`. */
  readonly keyColumn: string;
  readonly cursorType: 'bigint' | 'text';
  readonly newestFirst: boolean;
}

/**
 * Reads a page of each parent's list in one statement.
 * @returns for each wanted page its rows, one more than the page has
 */
export async function readChildPages<Row extends object>(
  sql: SqlSession,
  { table, columns, parentColumn, keyColumn, cursorType, newestFirst }: ChildList,
  wanted: readonly ChildPage[],
): Promise<readonly (readonly Row[])[]> {
  const order = newestFirst ? { word: 'DESC', beyond: '<' } : { word: 'ASC', beyond: '>' };
  const rows = await sql.$queryRawUnsafe<(Row & { page_number: number })[]>(
    `SELECT wanted.page_number::int AS page_number, child.*
     FROM unnest($1::text[], $2::text[], $3::int[]) WITH ORDINALITY AS wanted (parent, after, size, page_number)
     CROSS JOIN LATERAL (
       SELECT ${columns} FROM ${table}
       WHERE ${parentColumn} = wanted.parent
         AND (wanted.after IS NULL OR ${keyColumn} ${order.beyond} wanted.after::${cursorType})
       ORDER BY ${keyColumn} ${order.word} LIMIT wanted.size + 1
     ) AS child
     ORDER BY wanted.page_number, child.${keyColumn} ${order.word}`,
    wanted.map(({ parentId }) => parentId),
    wanted.map(({ page }) => page.after?.[0] ?? null),
    wanted.map(({ page }) => page.first),
  );
  return wanted.map((_page, index) => rows.filter((row) => row.page_number === index + 1));
}
