import type { SqlSession } from '../database/sql.js';
import type { FeedRow } from './feedRow.js';

/** The newest state of one subject. */
export interface FeedState {
  readonly kind: FeedRow['kind'];
  readonly subject: string;
  readonly state: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly sequence: number;
}

/** What a service has kept of the feed in its own database (schema platform): it survives identity's absence. */
export interface FeedProjection {
  /** Everything known, and the position up to which it is known. */
  load(): Promise<{ readonly position: number; readonly states: readonly FeedState[] }>;
  /** Takes rows in, in one statement each for rows and position. Safe to repeat and to run in several replicas. */
  apply(rows: readonly FeedRow[]): Promise<void>;
}

/** The projection on a database connection. */
export function feedProjection(sql: SqlSession): FeedProjection {
  return {
    async load() {
      // The position first: another replica may take rows in meanwhile. Read again they change nothing; left out they would
      // be missed for as long as this process lives.
      const [position] = await sql.$queryRawUnsafe<{ sequence: bigint }[]>(
        'SELECT sequence FROM platform.feed_position',
      );
      const states = await sql.$queryRawUnsafe<
        { kind: FeedRow['kind']; subject: string; state: string; data: Record<string, unknown>; sequence: bigint }[]
      >('SELECT kind, subject, state, data, sequence FROM platform.feed_projection');
      return {
        position: Number(position?.sequence ?? 0n),
        states: states.map((row) => ({ ...row, sequence: Number(row.sequence) })),
      };
    },
    async apply(rows) {
      if (rows.length === 0) return;
      // Of several rows for one subject only the newest counts, and ON CONFLICT takes each subject once.
      await sql.$executeRawUnsafe(
        `INSERT INTO platform.feed_projection AS known (kind, subject, state, data, sequence)
         SELECT DISTINCT ON (kind, subject) kind, subject, state, data, sequence
         FROM jsonb_to_recordset($1::jsonb) AS row(kind text, subject text, state text, data jsonb, sequence bigint)
         ORDER BY kind, subject, sequence DESC
         ON CONFLICT (kind, subject) DO UPDATE
         SET state = excluded.state, data = excluded.data, sequence = excluded.sequence
         WHERE known.sequence < excluded.sequence`,
        JSON.stringify(rows),
      );
      await sql.$executeRawUnsafe(
        'UPDATE platform.feed_position SET sequence = greatest(sequence, $1::bigint)',
        rows.at(-1)?.sequence ?? 0,
      );
    },
  };
}
