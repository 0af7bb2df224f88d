import type { SqlSession } from '../database/sql.js';
import { newId } from '../kernel/ids.js';

/** One line of a service's audit trail. It never has a secret: ids, names, amounts and codes alone. */
export interface AuditEntry {
  /** Who acted: see actorName in platform/auth/viewer.ts. */
  readonly actor: string;
  /** What was done: the mutation's name, or `<saga>.<step>`. */
  readonly action: string;
  /** The id of what it was done to, where there is one. */
  readonly target: string | null;
  /** OK, or the code of the refusal or fault. */
  readonly outcome: string;
  readonly requestId: string;
  readonly clientIp: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes an entry in the caller's transaction, so that an effect and its entry stand or fall together. */
export async function writeAudit(sql: SqlSession, entry: AuditEntry): Promise<void> {
  await sql.$executeRawUnsafe(auditInsert(1, ''), ...auditValues(entry));
}

/**
 * The text that writes an entry as a part of a larger statement, which saves a way to the server.
 * @param first the number of the first of eight parameters: auditValues
 * @param from what follows the values: where it has no row, none is written
 */
export function auditInsert(first: number, from: string): string {
  const values = Array.from({ length: 7 }, (_, index) => `$${first + index}`).join(', ');
  return `INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
     SELECT ${values}, $${first + 7}::jsonb ${from}`;
}

/** The parameters of auditInsert, with an id of its own. */
export const auditValues = (entry: AuditEntry): readonly unknown[] => [
  newId('audit'),
  entry.actor,
  entry.action,
  entry.target,
  entry.outcome,
  entry.requestId,
  entry.clientIp,
  entry.detail === undefined ? null : JSON.stringify(entry.detail),
];
