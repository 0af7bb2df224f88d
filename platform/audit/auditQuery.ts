import { TypeID } from 'typeid-js';
import type { PageRequest } from '../kernel/cursor.js';
import { idPrefixes } from '../kernel/ids.js';

/** Which entries; absent and null do not filter. */
export interface AuditFilter {
  readonly actor?: string | null | undefined;
  readonly action?: string | null | undefined;
  readonly target?: string | null | undefined;
  readonly outcome?: string | null | undefined;
  /** Not before. */
  readonly from?: Date | null | undefined;
  /** Before. */
  readonly to?: Date | null | undefined;
}

/** A page of a trail. */
export interface AuditQuery {
  /** Whose: what they did, and what was done to them. Null: everybody's. */
  readonly person: string | null;
  readonly filter: AuditFilter;
  readonly page: PageRequest;
}

/** A statement with its values. */
interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

const COLUMNS = 'id, at, actor, action, target, outcome, request_id, client_ip, detail';
/** An id is made by the process, `at` by the database: so far apart their clocks may be. */
const CLOCKS_APART_MS = 60_000;
const UUID_TIME_MAX = 2 ** 48 - 1;

/**
 * The statement for a page, the newest first. Each way to ask is a range of one index in the order of the ids, which
 * grow with time, so that a page costs the same wherever it lies; a person's trail is two such ranges, merged.
 */
export function auditStatement({ person, filter, page }: AuditQuery): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  for (const column of ['actor', 'action', 'target'] as const) {
    if (filter[column] != null) conditions.push(`${column} = ${bind(filter[column])}`);
  }
  if (filter.outcome != null) {
    conditions.push(`outcome = ${bind(filter.outcome)}`);
    // Said in words, so that the planner knows that the partial index has them.
    if (filter.outcome !== 'OK') conditions.push(`outcome <> 'OK'`);
  }
  if (filter.from != null) {
    conditions.push(`at >= ${bind(filter.from)}::timestamptz`, `id >= ${bind(idAt(filter.from, -CLOCKS_APART_MS))}`);
  }
  if (filter.to != null) {
    conditions.push(`at < ${bind(filter.to)}::timestamptz`, `id < ${bind(idAt(filter.to, CLOCKS_APART_MS))}`);
  }
  const [after] = page.after ?? [];
  if (after !== undefined) conditions.push(`id < ${bind(after)}`);
  const tail = `ORDER BY id DESC LIMIT ${bind(page.first + 1)}::int`;
  const range = (more: readonly string[]): string =>
    `SELECT ${COLUMNS} FROM platform.audit_entry WHERE ${['TRUE', ...conditions, ...more].join(' AND ')} ${tail}`;
  if (person === null) return { sql: range([]), values };
  const own = bind(person);
  // Where both are the person, the first range has it already.
  const done = range([`actor = ${own}`]);
  const suffered = range([`target = ${own}`, `actor <> ${own}`]);
  return { sql: `SELECT ${COLUMNS} FROM ((${done}) UNION ALL (${suffered})) AS entry ${tail}`, values };
}

/** The smallest id of an entry at an instant. */
function idAt(at: Date, moveMs: number): string {
  const time = Math.min(Math.max(at.getTime() + moveMs, 0), UUID_TIME_MAX);
  const hex = time.toString(16).padStart(12, '0');
  return TypeID.fromUUID(idPrefixes.audit, `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`).toString();
}
