import type { SqlSession } from '../database/sql.js';
import type { AuditEntry } from './audit.js';
import { type AuditQuery, auditStatement } from './auditQuery.js';

/** An entry as it is kept. */
export interface StoredAuditEntry extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

/** Reads a service's audit trail. */
export interface AuditReader {
  /** The entries of a page and one more where there is one. */
  read(query: AuditQuery): Promise<readonly StoredAuditEntry[]>;
}

interface Row extends Pick<StoredAuditEntry, 'id' | 'at' | 'actor' | 'action' | 'target' | 'outcome'> {
  readonly request_id: string;
  readonly client_ip: string;
  readonly detail: NonNullable<AuditEntry['detail']> | null;
}

/** The trail of a service's database. */
export const auditReader = (sql: SqlSession): AuditReader => ({
  async read(query) {
    const { sql: statement, values } = auditStatement(query);
    const rows = await sql.$queryRawUnsafe<Row[]>(statement, ...values);
    return rows.map(({ request_id, client_ip, detail, ...row }) => ({
      ...row,
      requestId: request_id,
      clientIp: client_ip,
      ...(detail === null ? {} : { detail }),
    }));
  },
});
