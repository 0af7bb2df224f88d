import { setTimeout as delay } from 'node:timers/promises';
import type { FeedPage, FeedRow } from '../../../platform/auth/feedRow.js';
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
  /** Who waits, and the head that each of them knows. */
  const waiting = new Map<() => void, number>();
  const audience = feedAudience(sql);
  let polling = false;
  let closed = false;

  const wakeBehind = (head: number): void => {
    for (const [resolve, known] of waiting) if (known < head) resolve();
  };

  const pollWhileWaiting = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    try {
      while (waiting.size > 0) {
        wakeBehind(await readHead(sql));
        await delay(identityLimits.feedPollIntervalMs);
      }
    } catch {
      // The database is away: whoever waits asks it themselves, and fails with its error.
      wakeBehind(Number.POSITIVE_INFINITY);
    } finally {
      polling = false;
    }
  };

  const news = (known: number, waitMs: number, signal: AbortSignal): Promise<void> =>
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

  const wake = (): void => wakeBehind(Number.POSITIVE_INFINITY);

  const readFor = async (after: number, waitMs: number, signal: AbortSignal): Promise<FeedPage> => {
    const until = performance.now() + Math.min(waitMs, identityLimits.feedWaitMsMax);
    for (;;) {
      const page = await readPage(sql, after);
      const remainingMs = until - performance.now();
      if (page.rows.length > 0 || remainingMs <= 0 || signal.aborted || closed) return page;
      await news(page.head, remainingMs, signal);
    }
  };

  return {
    async spread() {
      wake();
      await audience.untilAt(await readHead(sql), identityLimits.feedSpreadMsMax);
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

async function readPage(sql: SqlSession, after: number): Promise<FeedPage> {
  // The head first: rows that come meanwhile are then given although the head does not count them yet, never the reverse.
  const head = await readHead(sql);
  const rows = await sql.$queryRawUnsafe<StoredRow[]>(
    `SELECT sequence, kind, subject, state, data, recorded_at FROM feed_row
     WHERE sequence > $1::bigint ORDER BY sequence LIMIT $2`,
    after,
    identityLimits.feedPageRowsMax,
  );
  return { rows: rows.map(toFeedRow), head };
}

async function readHead(sql: SqlSession): Promise<number> {
  const [head] = await sql.$queryRawUnsafe<{ sequence: bigint }[]>('SELECT sequence FROM feed_head');
  return Number(head?.sequence ?? 0n);
}

interface StoredRow extends Pick<FeedRow, 'kind' | 'subject' | 'state' | 'data'> {
  readonly sequence: bigint;
  readonly recorded_at: Date;
}

const toFeedRow = ({ sequence, recorded_at, kind, subject, state, data }: StoredRow): FeedRow => ({
  sequence: Number(sequence),
  kind,
  subject,
  state,
  data,
  recordedAt: new Date(recorded_at).toISOString(),
});
