import pg from 'pg';
import type { SqlSession } from '../../platform/database/sql.js';

/** SqlSession on a plain connection, for tests of platform code that has no Prisma schema of its own. */
export interface PgSessions {
  readonly sql: SqlSession;
  /** Runs work in a transaction on a connection of its own; throwing rolls back. */
  transaction<Value>(work: (sql: SqlSession) => Promise<Value>): Promise<Value>;
  end(): Promise<void>;
}

/** Opens a pool on a database. */
export function pgSessions(url: string): PgSessions {
  const pool = new pg.Pool({ connectionString: url, max: 30 });
  pool.on('error', () => {});
  const on = (client: pg.Pool | pg.PoolClient): SqlSession => ({
    async $queryRawUnsafe<T>(query: string, ...values: unknown[]) {
      return (await client.query(query, values)).rows as T;
    },
    async $executeRawUnsafe(query, ...values) {
      return (await client.query(query, values)).rowCount ?? 0;
    },
  });
  return {
    sql: on(pool),
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const value = await work(on(client));
        await client.query('COMMIT');
        return value;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    end: () => pool.end(),
  };
}
