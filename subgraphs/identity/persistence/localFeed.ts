import { setTimeout as delay } from 'node:timers/promises';
import type { FeedPage, FeedPosition, FeedRow } from '../../../platform/auth/feedRow.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import { identityLimits } from '../domain/limits.js';
import type { LocalFeed } from '../usecases/ports.js';
import { feedAudience } from './feedAudience.js';

/**
 * The reading side of the feed, on identity's own database. Whoever waits for news is woken by one poller that all share
 * (every 100 ms, and only while somebody waits), so that rows which another replica wrote are found as well, or by
 * `spread` at once.
 */
export function localFeed(sql: SqlSession): LocalFeed {
  /** Who waits, and the mark of the head that each of them knows: an older copy of the database has another. */
  const waiting = new Map<() => void, string | null>();
  const audience = feedAudience(sql);
  let polling = false;
  let closed = false;

  const wake = (): void => {
    for (const resolve of [...waiting.keys()]) resolve();
  };

  const pollWhileWaiting = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    try {
      while (waiting.size > 0) {
        const { mark } = await readHead(sql);
        for (const [resolve, known] of waiting) if (known !== mark) resolve();
        await delay(identityLimits.feedPollIntervalMs);
      }
    } catch {
      // The database is away: whoever waits asks it themselves, and fails with its error.
      wake();
    } finally {
      polling = false;
    }
  };

  const news = (known: string | null, waitMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done);
      waiting.set(done, known);
      void pollWhileWaiting();
    });

  const readFor = async (after: FeedPosition, waitMs: number, signal: AbortSignal): Promise<FeedPage> => {
    const until = performance.now() + Math.min(waitMs, identityLimits.feedWaitMsMax);
    for (;;) {
      const { headMark, ...page } = await readPage(sql, after);
      const remainingMs = until - performance.now();
      const isNews = !page.isSameFeed || page.rows.length > 0;
      if (isNews || remainingMs <= 0 || signal.aborted || closed) return page;
      await news(headMark, remainingMs, signal);
    }
  };

  return {
    async spread() {
      wake();
      await audience.untilAt((await readHead(sql)).sequence, identityLimits.feedSpreadMsMax);
    },
    close() {
      closed = true;
      audience.close();
      wake();
    },
    async read(after, waitMs, signal, follower) {
      // Who does not wait for news looks once, beside the question in which the same process waits.
      if (follower === undefined || waitMs === 0) return readFor(after, waitMs, signal);
      const leave = await audience.asks(follower, after, Math.min(waitMs, identityLimits.feedWaitMsMax));
      try {
        return await readFor(after, waitMs, signal);
      } finally {
        leave();
      }
    },
  };
}

/** In one statement, so that all of it is of one moment and of one database, should that be another with the next statement. */
async function readPage(
  sql: SqlSession,
  after: FeedPosition,
): Promise<FeedPage & { readonly headMark: string | null }> {
  const found = await sql.$queryRawUnsafe<(StoredHead & (StoredRow | { readonly sequence: null }))[]>(
    `SELECT head.sequence AS head_sequence, newest.mark AS head_mark, asked.is_same, row.*
     FROM feed_head head LEFT JOIN feed_row newest ON newest.sequence = head.sequence
     CROSS JOIN LATERAL (SELECT $1::bigint = 0 OR EXISTS (
       SELECT FROM feed_row WHERE sequence = $1::bigint AND mark = $2::uuid) AS is_same) asked
     LEFT JOIN LATERAL (
       SELECT sequence, mark, kind, subject, state, data, recorded_at FROM feed_row
       WHERE asked.is_same AND sequence > $1::bigint ORDER BY sequence LIMIT $3) row ON true
     ORDER BY row.sequence`,
    after.sequence,
    after.mark,
    identityLimits.feedPageRowsMax,
  );
  const [head] = found;
  if (head === undefined) throw new Error('the feed has no head');
  return {
    isSameFeed: head.is_same,
    rows: found.flatMap((row) => (row.sequence === null ? [] : [toFeedRow(row)])),
    head: Number(head.head_sequence),
    headMark: head.head_mark,
  };
}

async function readHead(sql: SqlSession): Promise<FeedPosition> {
  const [head] = await sql.$queryRawUnsafe<Omit<StoredHead, 'is_same'>[]>(
    `SELECT head.sequence AS head_sequence, newest.mark AS head_mark
     FROM feed_head head LEFT JOIN feed_row newest ON newest.sequence = head.sequence`,
  );
  return { sequence: Number(head?.head_sequence ?? 0n), mark: head?.head_mark ?? null };
}

interface StoredHead {
  readonly head_sequence: bigint;
  readonly head_mark: string | null;
  readonly is_same: boolean;
}

interface StoredRow extends Pick<FeedRow, 'mark' | 'kind' | 'subject' | 'state' | 'data'> {
  readonly sequence: bigint;
  readonly recorded_at: Date;
}

const toFeedRow = ({ sequence, mark, recorded_at, kind, subject, state, data }: StoredRow): FeedRow => ({
  sequence: Number(sequence),
  mark,
  kind,
  subject,
  state,
  data,
  recordedAt: new Date(recorded_at).toISOString(),
});
