import type { SqlSession } from '../database/sql.js';
import { type TransactionRunner, transactionally } from '../database/transactionally.js';
import type { FeedPosition, FeedRow } from './feedRow.js';

/** The newest state of one subject. */
export type FeedState = Pick<FeedRow, 'kind' | 'subject' | 'state' | 'data' | 'sequence'>;

/** What a feed says up to a row. */
export interface FeedContent {
  readonly position: FeedPosition;
  readonly states: readonly FeedState[];
}

/** What a service has kept of the feed in its own database (schema platform): it survives identity's absence. */
export interface FeedProjection {
  /** All that is kept, of one moment; `lostAt`: when a feed that had been followed was found to be lost, most lately. */
  load(): Promise<FeedContent & { readonly lostAt: Date | null }>;
  /**
   * Takes the rows after a position in, in one statement. Safe to repeat and to run in several replicas. False, with nothing
   * done, where what is kept is not the same feed up to that position: it was replaced, or the database is an older one.
   */
  apply(after: FeedPosition, rows: readonly FeedRow[]): Promise<boolean>;
  /**
   * Puts another feed in the place of the one that is kept up to a position, whole or not at all. False, with nothing done,
   * where another is kept by now.
   */
  replace(kept: FeedPosition, by: FeedContent, noticedAt: Date): Promise<boolean>;
}

/** Putting years of a feed in the place of others takes longer than a statement that somebody waits for may. */
const REPLACE_MS_MAX = 300_000;

/** The projection on a database. */
export function feedProjection(sql: SqlSession & TransactionRunner<SqlSession>): FeedProjection {
  return {
    async load() {
      const kept = await sql.$queryRawUnsafe<(KeptPosition & (KeptState | { readonly kind: null }))[]>(
        `SELECT position.sequence AS at_sequence, position.mark, position.lost_at,
           known.kind, known.subject, known.state, known.data, known.sequence
         FROM platform.feed_position position LEFT JOIN platform.feed_projection known ON true`,
      );
      const [position] = kept;
      if (position === undefined) throw new Error("there is no position of identity's feed");
      return {
        position: { sequence: Number(position.at_sequence), mark: position.mark },
        lostAt: position.lost_at === null ? null : new Date(position.lost_at),
        states: kept.flatMap((row) => (row.kind === null ? [] : [toState(row)])),
      };
    },

    async apply(after, rows) {
      if (rows.length === 0) return true;
      const [answer] = await sql.$queryRawUnsafe<{ done: boolean }[]>(
        'SELECT platform.apply_feed($1::bigint, $2::uuid, $3::jsonb) AS done',
        after.sequence,
        after.mark,
        JSON.stringify(rows),
      );
      return answer?.done === true;
    },

    async replace(kept, { position, states }, noticedAt) {
      const replaceIn = async (transaction: SqlSession): Promise<boolean> => {
        await transaction.$executeRawUnsafe(`SET LOCAL statement_timeout = ${REPLACE_MS_MAX}`);
        const [answer] = await transaction.$queryRawUnsafe<{ done: boolean }[]>(
          'SELECT platform.replace_feed($1::bigint, $2::uuid, $3::bigint, $4::uuid, $5::json, $6::timestamptz) AS done',
          kept.sequence,
          kept.mark,
          position.sequence,
          position.mark,
          JSON.stringify(states),
          noticedAt,
        );
        return answer?.done === true;
      };
      return transactionally(sql, replaceIn, { timeoutMs: 2 * REPLACE_MS_MAX });
    },
  };
}

interface KeptPosition {
  readonly at_sequence: bigint;
  readonly mark: string | null;
  readonly lost_at: Date | null;
}

interface KeptState extends Omit<FeedState, 'sequence'> {
  readonly sequence: bigint;
}

const toState = ({ kind, subject, state, data, sequence }: KeptState): FeedState => ({
  kind,
  subject,
  state,
  data,
  sequence: Number(sequence),
});
