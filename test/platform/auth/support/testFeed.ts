import { randomUUID } from 'node:crypto';
import type { FeedRow, FeedSource } from '../../../../platform/auth/feedRow.js';

/** Identity's feed as a test writes it, with the database beneath it that can be put aside for a copy. */
export interface TestFeed {
  /** The rows of the present database. */
  readonly rows: readonly FeedRow[];
  append(...rows: Pick<FeedRow, 'kind' | 'subject' | 'state'>[]): void;
  /** A copy of the database as it is now. */
  copy(): readonly FeedRow[];
  /** Puts a copy in the place of the database. */
  putBack(copy: readonly FeedRow[]): void;
  /** What is done before each answer: it may wait, throw, or change the feed. */
  beforeAnswer: (question: { readonly after: number; readonly waitMs: number }) => Promise<void> | void;
  /** A way to read it, in pages of three rows, whose rows may be changed on their way. */
  readonly source: FeedSource;
}

const PAGE_ROWS = 3;

/** A row with a mark of its own. */
export const feedRow = (sequence: number, subject: string, state: string, over: Partial<FeedRow> = {}): FeedRow => ({
  sequence,
  mark: randomUUID(),
  kind: 'USER',
  subject,
  state,
  data: { operator: false },
  recordedAt: '2026-01-01T00:00:00.000Z',
  ...over,
});

/** An empty one. */
export function testFeed(): TestFeed {
  let rows: FeedRow[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
  };
  const answer: FeedSource['read'] = async (after, waitMs, signal) => {
    await self.beforeAnswer({ after: after.sequence, waitMs });
    const isSameFeed = after.sequence === 0 || rows[after.sequence - 1]?.mark === after.mark;
    if (!isSameFeed) return { isSameFeed, rows: [], head: rows.length };
    const page = { isSameFeed, rows: rows.slice(after.sequence, after.sequence + PAGE_ROWS), head: rows.length };
    if (page.rows.length > 0 || waitMs === 0 || signal.aborted) return page;
    await new Promise<void>((resolve) => {
      waiting.add(resolve);
      signal.addEventListener('abort', () => resolve());
    });
    return answer(after, 0, signal);
  };
  const self: TestFeed = {
    get rows() {
      return rows;
    },
    append(...added) {
      for (const { subject, state, kind } of added) rows.push(feedRow(rows.length + 1, subject, state, { kind }));
      wake();
    },
    copy: () => [...rows],
    putBack(copy) {
      rows = [...copy];
      wake();
    },
    beforeAnswer: () => {},
    source: { read: answer },
  };
  return self;
}
