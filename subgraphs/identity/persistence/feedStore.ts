import type { FeedStore } from '../usecases/ports.js';
import type { Connection } from './database.js';

/** The writing side of the feed. */
export function feedStore(connection: Connection): FeedStore {
  return {
    async append(changes, now) {
      if (changes.length === 0) return;
      // Whoever has the head's lock is the next in the order; it is let go at the commit, so that sequences have no
      // gaps and become visible in their order: a reader never sees n + 1 before n.
      await connection.$executeRawUnsafe(
        `WITH head AS (
           UPDATE feed_head SET sequence = sequence + jsonb_array_length($1::jsonb) RETURNING sequence)
         INSERT INTO feed_row (sequence, kind, subject, state, data, recorded_at)
         SELECT head.sequence - jsonb_array_length($1::jsonb) + change.position,
                change.row->>'kind', change.row->>'subject', change.row->>'state', change.row->'data', $2
         FROM head, jsonb_array_elements($1::jsonb) WITH ORDINALITY AS change(row, position)`,
        JSON.stringify(changes),
        now,
      );
    },
  };
}
