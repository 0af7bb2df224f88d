import { identityLimits } from '../domain/limits.js';
import type { FailureCount } from '../domain/throttle.js';
import type { FailureStore } from '../usecases/ports.js';
import type { Connection } from './database.js';

/** Counters of attempts, and the marks of known networks, which are counters that stay at 0. */
export function failureStore(connection: Connection): FailureStore {
  return {
    countsOf: (keys) => connection.failureCounter.findMany({ where: { key: { in: [...keys] } } }),

    async add(keys, now) {
      const counted = await connection.$queryRawUnsafe<FailureCount[]>(
        // In the order of the keys, so that two failures that share two keys never wait for each other.
        `INSERT INTO failure_counter AS known (key, failures, window_ends_at)
         SELECT key, 1, $3 FROM unnest($1::text[]) AS key ORDER BY key
         ON CONFLICT (key) DO UPDATE SET
           failures = CASE WHEN known.window_ends_at <= $2 THEN 1 ELSE known.failures + 1 END,
           window_ends_at = CASE WHEN known.window_ends_at <= $2 THEN $3 ELSE known.window_ends_at END
         RETURNING key, failures, window_ends_at AS "windowEndsAt"`,
        [...keys],
        now,
        new Date(now.getTime() + identityLimits.throttleWindowMs),
      );
      // After the counting and past what others hold: it waits for nobody, so it cannot make a deadlock.
      await connection.$executeRawUnsafe(
        `DELETE FROM failure_counter WHERE key IN (
           SELECT key FROM failure_counter WHERE window_ends_at <= $1
           ORDER BY window_ends_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        now,
        identityLimits.countersTidiedMax,
      );
      return counted;
    },

    async mark(key, until) {
      await connection.$executeRawUnsafe(
        `INSERT INTO failure_counter (key, failures, window_ends_at) VALUES ($1, 0, $2)
         ON CONFLICT (key) DO UPDATE SET window_ends_at = $2`,
        key,
        until,
      );
    },

    async forget(keys) {
      await connection.failureCounter.deleteMany({ where: { key: { in: [...keys] } } });
    },

    async take(key, { max, windowMs, now }) {
      const [taken] = await connection.$queryRawUnsafe<{ key: string }[]>(
        `INSERT INTO failure_counter AS known (key, failures, window_ends_at) VALUES ($1, 1, $4)
         ON CONFLICT (key) DO UPDATE SET
           failures = CASE WHEN known.window_ends_at <= $3 THEN 1 ELSE known.failures + 1 END,
           window_ends_at = $4
         WHERE known.window_ends_at <= $3 OR known.failures < $2
         RETURNING key`,
        key,
        max,
        now,
        new Date(now.getTime() + windowMs),
      );
      if (taken !== undefined) return null;
      const full = await connection.failureCounter.findUnique({ where: { key } });
      return full?.windowEndsAt ?? now;
    },

    async giveBack(key) {
      await connection.failureCounter.updateMany({
        where: { key, failures: { gt: 0 } },
        data: { failures: { decrement: 1 } },
      });
    },

    async queue(key) {
      // Not the counter's row, which may not be there yet.
      await connection.$executeRawUnsafe("SELECT pg_advisory_xact_lock(hashtextextended('attempt ' || $1, 0))", key);
    },
  };
}
