import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FeedPosition } from '../../../platform/auth/feedRow.js';
import type { SqlSession } from '../../../platform/database/sql.js';

/** A follower that asks again so late has gone: it is not waited for. */
const GONE_MS = 1_000;
/** How often the followers of other replicas are looked at while somebody waits for them. */
const LOOK_MS = 20;
/** Processes that are gone for so long are forgotten. */
const FORGET_MS = 3_600_000;

/** Who follows the feed, and how far each has come. */
interface FeedAudience {
  /**
   * A follower asks for what comes after a row, since it has all before, and may wait so long for an answer. To be called
   * when it is answered: what is given back. A row that is not of this feed is as if it had nothing.
   */
  asks(name: string, after: FeedPosition, waitMs: number): Promise<() => void>;
  /** Resolves when all who follow, at whichever replica of identity, have come so far, or when the time is over. */
  untilAt(sequence: number, waitMs: number): Promise<void>;
  /** Ends what waits for a follower's next question. */
  close(): void;
}

/**
 * Notes who follows by what they ask, in the database: processes ask whichever replica of identity a balancer gives them,
 * and a revocation at one of them waits for all who follow.
 */
export function feedAudience(sql: SqlSession): FeedAudience {
  /** Who was answered here and has not asked again yet. */
  const answered = new Map<string, NodeJS.Timeout>();
  const known = new Set<string>();
  /** Who waits here, and until which row. */
  const looking = new Map<() => void, number>();
  let watching = false;
  let wake = (): void => {};

  const watch = async (): Promise<void> => {
    if (watching) return;
    watching = true;
    try {
      while (looking.size > 0) {
        const asked = new AbortController();
        wake = () => asked.abort();
        const slowest = await slowestOf(sql);
        for (const [done, sequence] of looking) if (sequence <= slowest) done();
        if (looking.size > 0) await delay(LOOK_MS, undefined, { signal: asked.signal }).catch(() => {});
      }
    } catch {
      // The database is away, and with it whatever would be revoked next: whoever waits does so no longer.
      for (const done of [...looking.keys()]) done();
    } finally {
      watching = false;
    }
  };

  return {
    async asks(name, after, waitMs) {
      clearTimeout(answered.get(name));
      answered.delete(name);
      const question = randomUUID();
      await note(sql, { name, after, question, goneMs: waitMs + GONE_MS });
      if (!known.has(name)) await forgetOthers(sql);
      known.add(name);
      wake();
      return () => {
        const timer = setTimeout(() => {
          answered.delete(name);
          known.delete(name);
          void hasGone(sql, name, question).then(wake, () => {});
        }, GONE_MS);
        clearTimeout(answered.get(name));
        answered.set(name, timer);
      };
    },

    untilAt: (sequence, waitMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          looking.delete(done);
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        looking.set(done, sequence);
        void watch();
      }),

    close() {
      for (const timer of answered.values()) clearTimeout(timer);
      answered.clear();
    },
  };
}

/** A process' questions may overtake each other; how far it has come never goes back: what is noted is of this feed. */
async function note(
  sql: SqlSession,
  asked: { readonly name: string; readonly after: FeedPosition; readonly question: string; readonly goneMs: number },
): Promise<void> {
  await sql.$executeRawUnsafe(
    `INSERT INTO feed_follower AS known (name, position, question, gone_at)
     SELECT $1, coalesce((SELECT sequence FROM feed_row WHERE sequence = $2::bigint AND mark = $5::uuid), 0), $3,
       clock_timestamp() + $4::integer * interval '1 millisecond'
     ON CONFLICT (name) DO UPDATE SET question = excluded.question,
       position = greatest(known.position, excluded.position), gone_at = greatest(known.gone_at, excluded.gone_at)`,
    asked.name,
    asked.after.sequence,
    asked.question,
    Math.ceil(asked.goneMs),
    asked.after.mark,
  );
}

/** The row up to which all who follow have come; where nobody does, any. */
async function slowestOf(sql: SqlSession): Promise<number> {
  const [row] = await sql.$queryRawUnsafe<{ position: bigint | null }[]>(
    'SELECT min(position) AS position FROM feed_follower WHERE gone_at > clock_timestamp()',
  );
  return row?.position == null ? Number.POSITIVE_INFINITY : Number(row.position);
}

/** Unless it asked again meanwhile, here or elsewhere. */
const hasGone = (sql: SqlSession, name: string, question: string): Promise<number> =>
  sql.$executeRawUnsafe(
    'UPDATE feed_follower SET gone_at = clock_timestamp() WHERE name = $1 AND question = $2',
    name,
    question,
  );

const forgetOthers = (sql: SqlSession): Promise<number> =>
  sql.$executeRawUnsafe(
    "DELETE FROM feed_follower WHERE gone_at < clock_timestamp() - $1::integer * interval '1 millisecond'",
    FORGET_MS,
  );
