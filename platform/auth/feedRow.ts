import { z } from 'zod';

/** What a row of identity's feed speaks of. */
const feedKinds = ['KEY', 'SESSION', 'TOKEN', 'USER', 'SERVICE', 'MANDATE', 'MEMBERSHIP'] as const;

/** One row of identity's feed: from `sequence` on, `subject` is in `state`. Sequences are dense and in commit order. */
export const feedRowSchema = z.object({
  sequence: z.number().int().positive(),
  kind: z.enum(feedKinds),
  subject: z.string(),
  state: z.string(),
  data: z.record(z.string(), z.unknown()),
  recordedAt: z.string(),
});

/** See feedRowSchema. */
export type FeedRow = z.infer<typeof feedRowSchema>;

/** The answer of GET /feed: rows after the asked position, and the newest sequence there is. */
export const feedPageSchema = z.object({ rows: z.array(feedRowSchema), head: z.number().int().nonnegative() });

/** See feedPageSchema. */
export type FeedPage = z.infer<typeof feedPageSchema>;

/** Where a follower reads the feed: over HTTP from identity, or in identity itself from its own database. */
export interface FeedSource {
  /** Rows after a sequence, oldest first; waits up to `waitMs` where there are none yet. */
  read(after: number, waitMs: number, signal: AbortSignal): Promise<FeedPage>;
}
