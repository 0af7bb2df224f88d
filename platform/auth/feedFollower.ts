import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../server/log.js';
import { tellSparingly } from '../tls/tellSparingly.js';
import type { FeedProjection, FeedState } from './feedProjection.js';
import { type FeedPosition, FeedRefused, type FeedRow, type FeedSource } from './feedRow.js';
import { membershipIndex, type Roles } from './memberships.js';
import { feedKey, isAtHead, loadFeed, readFeedAnew, takeRows } from './readFeedAnew.js';

const LONG_POLL_MS = 10_000;
const RETRY_MS = 250;

/** Follows identity's feed and tells the newest state of any subject from memory. */
export interface FeedFollower {
  /** The newest state, or undefined where the feed never named the subject. */
  stateOf(kind: FeedRow['kind'], subject: string): FeedState | undefined;
  /** The groups of a person with the role in each. */
  rolesOf(userId: string): Roles;
  /**
   * When a feed that had been followed was found to be lost, in milliseconds since the epoch; -Infinity where none was. What
   * identity said until then may be of the lost one, and count no more.
   */
  lostAtMs(): number;
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
 * revocation is known here well within a second while identity answers. Where identity has another feed than the one that
 * was followed, since its database is an older copy, all is read anew; until that is whole the old decides, and ages.
 */
export async function followFeed(source: FeedSource, projection: FeedProjection, log: Logger): Promise<FeedFollower> {
  let known = await loadFeed(projection);
  const memberships = membershipIndex();
  memberships.renew(known.states.values());
  let answeredAt = Number.NEGATIVE_INFINITY;
  let announced = false;
  let renewing: Promise<void> | null = null;
  let becomeReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const stopping = new AbortController();
  const tell = tellSparingly(log);
  const isPresent = (): void => {
    answeredAt = performance.now();
    becomeReady();
  };

  const renew = async (isLost: boolean): Promise<void> => {
    const noticedAt = new Date();
    tell(isLost ? lostFrom(known.position) : REPLACED);
    const anew = await readFeedAnew({ source, projection, signal: stopping.signal }, noticedAt);
    // Also where another replica was first, this process has seen it by itself.
    const lostAtMs = isLost ? Math.max(anew.lostAtMs, noticedAt.getTime()) : anew.lostAtMs;
    known = { ...anew, lostAtMs };
    memberships.renew(anew.states.values());
    isPresent();
    log.info({ row: known.position.sequence }, "identity's feed is read anew and decided from");
  };

  /** @returns whether the feed was renewed meanwhile */
  const poll = async (waitMs: number): Promise<boolean> => {
    const asked = known;
    const after = asked.position;
    const page = await source.read(after, waitMs, stopping.signal);
    // The database first: what this process decides from must not be lost when it dies.
    const isSame = asked === known && page.isSameFeed && (await projection.apply(after, page.rows));
    if (isSame && asked === known) {
      for (const row of takeRows(asked, page.rows)) memberships.take(row);
      // A page may be full: only a follower that has reached the head knows the present.
      if (!isAtHead(page, asked.position)) return poll(0);
      isPresent();
      return false;
    }
    if (asked === known && renewing === null) {
      renewing = renew(!page.isSameFeed).finally(() => {
        renewing = null;
      });
      await renewing;
      return true;
    }
    // What was begun before this question need not have its answer.
    await renewing;
    return poll(0);
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const isRenewed = await poll(answeredAt === Number.NEGATIVE_INFINITY ? 0 : LONG_POLL_MS);
        announced = false;
        // Should two identities with different databases answer in turn, this must not become a storm.
        if (isRenewed) await pause(stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof FeedRefused) tell(error.message);
        // Services start in any order: before the first answer it is no news that identity is not there yet.
        const level = answeredAt === Number.NEGATIVE_INFINITY ? 'debug' : 'warn';
        if (!announced) log[level]({ err: error }, 'identity feed cannot be read; trying again');
        announced = true;
        await pause(stopping.signal);
      }
    }
  })();

  return {
    stateOf: (kind, subject) => known.states.get(feedKey(kind, subject)),
    rolesOf: (userId) => memberships.rolesOf(userId),
    lostAtMs: () => known.lostAtMs,
    ageMs: () => performance.now() - answeredAt,
    refresh: async () => void (await poll(0)),
    ready,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const lostFrom = ({ sequence }: FeedPosition): string =>
  `identity's database is an older one than that which was followed, or another: row ${sequence} of its feed is not the one that was read. All is read anew`;
const REPLACED =
  "what is kept of identity's feed is not what it was: another replica has read all anew, or this service's database is an older one. It is loaded anew";

const pause = (signal: AbortSignal): Promise<void> => delay(RETRY_MS, undefined, { signal }).catch(() => {});
