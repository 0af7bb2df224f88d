import type { FeedProjection, FeedState } from './feedProjection.js';
import { FEED_START, type FeedPage, type FeedPosition, type FeedRow, type FeedSource } from './feedRow.js';

/** What is known of the feed, in memory. */
export interface KnownFeed {
  position: FeedPosition;
  readonly states: Map<string, FeedState>;
  /** When a feed that had been followed was found to be lost, in milliseconds since the epoch; -Infinity: never. */
  readonly lostAtMs: number;
}

/** How a subject is found among the states. */
export const feedKey = (kind: string, subject: string): string => `${kind} ${subject}`;

/** Everything that the database keeps. */
export async function loadFeed(projection: FeedProjection): Promise<KnownFeed> {
  const { position, states, lostAt } = await projection.load();
  return {
    position,
    states: new Map(states.map((state) => [feedKey(state.kind, state.subject), state])),
    lostAtMs: lostAt?.getTime() ?? Number.NEGATIVE_INFINITY,
  };
}

/** Takes rows over. @returns those that are the newest of their subject */
export function takeRows(known: KnownFeed, rows: readonly FeedRow[]): readonly FeedRow[] {
  return rows.filter((row) => {
    const { kind, subject, state, data, sequence, mark } = row;
    if (sequence > known.position.sequence) known.position = { sequence, mark };
    const key = feedKey(kind, subject);
    if ((known.states.get(key)?.sequence ?? 0) >= sequence) return false;
    known.states.set(key, { kind, subject, state, data, sequence });
    return true;
  });
}

/**
 * Whether all there is was read with a page; more is to be asked for where not.
 * @throws Error where rows are missing: identity's database is not whole (yet)
 */
export function isAtHead({ rows, head }: FeedPage, { sequence }: FeedPosition): boolean {
  if (sequence < head && rows.length === 0) throw new Error(`identity's feed ends at row ${sequence} of ${head}`);
  return sequence >= head;
}

/** Other replicas may be at it too, and each is done once; identity's database may be replaced meanwhile. */
const ATTEMPTS_MAX = 3;

/** Where to read, and what to keep it in. */
interface FeedEnds {
  readonly source: FeedSource;
  readonly projection: FeedProjection;
  readonly signal: AbortSignal;
}

/**
 * Reads up to the present what identity has now, where that is not the feed which was followed: from what the database
 * keeps, if that is of the same feed (another replica was here before), or from the beginning. Then it stands in place of
 * all that was kept, in one transaction.
 * @param noticedAt when the loss was noticed
 * @throws what source and projection throw; Error where it changes again and again
 */
export async function readFeedAnew(ends: FeedEnds, noticedAt: Date): Promise<KnownFeed> {
  const { projection } = ends;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const kept = await loadFeed(projection);
    const keptUntil = kept.position;
    if (await readToHead(ends, kept, (after, rows) => projection.apply(after, rows))) return kept;
    // It went another way after a part of it was read: then what is kept is looked at again.
    if (kept.position !== keptUntil) continue;
    const anew: KnownFeed = { position: FEED_START, states: new Map(), lostAtMs: noticedAt.getTime() };
    if (!(await readToHead(ends, anew, async () => true))) continue;
    const content = { position: anew.position, states: [...anew.states.values()] };
    if (await projection.replace(keptUntil, content, noticedAt)) return anew;
  }
  throw new Error("identity's feed changed again and again while it was read");
}

/** False where it is another feed than what is known. */
async function readToHead(
  { source, signal }: FeedEnds,
  known: KnownFeed,
  keep: FeedProjection['apply'],
): Promise<boolean> {
  for (;;) {
    const after = known.position;
    const page = await source.read(after, 0, signal);
    if (!page.isSameFeed || !(await keep(after, page.rows))) return false;
    takeRows(known, page.rows);
    if (isAtHead(page, known.position)) return true;
  }
}
