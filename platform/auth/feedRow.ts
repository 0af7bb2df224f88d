import { z } from 'zod';

/** What a row of identity's feed speaks of. */
const feedKinds = ['KEY', 'SESSION', 'TOKEN', 'USER', 'SERVICE', 'MANDATE', 'MEMBERSHIP'] as const;

/**
 * One row of identity's feed: from `sequence` on, `subject` is in `state`. Sequences are dense and in commit order. `mark` is
 * random: two feeds that have a row of the same sequence and mark are the same up to it, since one is a copy of the other.
 */
export const feedRowSchema = z.object({
  sequence: z.number().int().positive(),
  mark: z.uuid(),
  kind: z.enum(feedKinds),
  subject: z.string(),
  state: z.string(),
  data: z.record(z.string(), z.unknown()),
  recordedAt: z.string(),
});

/** See feedRowSchema. */
export type FeedRow = z.infer<typeof feedRowSchema>;

/** A row of the feed by which a follower says how far it has come; sequence 0 without a mark is the beginning. */
export type FeedPosition = { readonly sequence: number; readonly mark: string | null };

/** Before the first row. */
export const FEED_START: FeedPosition = { sequence: 0, mark: null };

/**
 * The answer of GET /feed: whether the asked position is a row of this feed, the rows after it, and the newest sequence
 * there is. Where it is not, the feed is another than the one that was followed, and there are no rows.
 */
export const feedPageSchema = z.object({
  isSameFeed: z.boolean(),
  rows: z.array(feedRowSchema),
  head: z.number().int().nonnegative(),
});

/** See feedPageSchema. */
export type FeedPage = z.infer<typeof feedPageSchema>;

/** Where a follower reads the feed: over HTTP from identity, or in identity itself from its own database. */
export interface FeedSource {
  /** Rows after a position, oldest first; waits up to `waitMs` where there are none yet. */
  read(after: FeedPosition, waitMs: number, signal: AbortSignal): Promise<FeedPage>;
}

/** Identity is there and does not take this service's questions: no wait helps. The message is a sentence for the operator. */
export class FeedRefused extends Error {
  override readonly name = 'FeedRefused';
}
