import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../server/log.js';
import type { FeedProjection, FeedState } from './feedProjection.js';
import type { FeedRow, FeedSource } from './feedRow.js';
import { membershipIndex, type Roles } from './memberships.js';

const LONG_POLL_MS = 10_000;
const RETRY_MS = 250;

/** Follows identity's feed and tells the newest state of any subject from memory. */
export interface FeedFollower {
  /** The newest state, or undefined where the feed never named the subject. */
  stateOf(kind: FeedRow['kind'], subject: string): FeedState | undefined;
  /** The groups of a person with the role in each. */
  rolesOf(userId: string): Roles;
  /** Milliseconds since identity last answered; Infinity before the first time. */
  ageMs(): number;
  /** Asks identity at once, for a miss or one's own write. @throws what the source throws */
  refresh(): Promise<void>;
  /** Resolves when the feed was read once since the start. */
  readonly ready: Promise<void>;
  /** Ends the following. */
  stop(): Promise<void>;
}

/**
 * Loads what the database knows and begins to follow: a long poll that answers as soon as there is a row, so that a
 * revocation is known here well within a second while identity answers.
 */
export async function followFeed(source: FeedSource, projection: FeedProjection, log: Logger): Promise<FeedFollower> {
  const loaded = await projection.load();
  const states = new Map(loaded.states.map((state) => [keyOf(state.kind, state.subject), state]));
  const memberships = membershipIndex();
  for (const state of loaded.states) memberships.take(state);
  let position = loaded.position;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let announced = false;
  let becomeReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const stopping = new AbortController();

  const poll = async (waitMs: number): Promise<void> => {
    const { rows, head } = await source.read(position, waitMs, stopping.signal);
    // The database first: what this process decides from must not be lost when it dies.
    await projection.apply(rows);
    for (const row of rows) {
      const known = states.get(keyOf(row.kind, row.subject));
      if (known === undefined || known.sequence < row.sequence) {
        states.set(keyOf(row.kind, row.subject), row);
        memberships.take(row);
      }
      position = Math.max(position, row.sequence);
    }
    // A page may be full: only a follower that has reached the head knows the present.
    if (rows.length > 0 && position < head) return poll(0);
    answeredAt = performance.now();
    becomeReady();
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await poll(answeredAt === Number.NEGATIVE_INFINITY ? 0 : LONG_POLL_MS);
        announced = false;
      } catch (error) {
        if (stopping.signal.aborted) return;
        // Services start in any order: before the first answer it is no news that identity is not there yet.
        const level = answeredAt === Number.NEGATIVE_INFINITY ? 'debug' : 'warn';
        if (!announced) log[level]({ err: error }, 'identity feed cannot be read; trying again');
        announced = true;
        await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  })();

  return {
    stateOf: (kind, subject) => states.get(keyOf(kind, subject)),
    rolesOf: (userId) => memberships.rolesOf(userId),
    ageMs: () => performance.now() - answeredAt,
    refresh: () => poll(0),
    ready,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const keyOf = (kind: string, subject: string): string => `${kind} ${subject}`;
