/** A follower that asks again so late has gone: it is not waited for. */
const GONE_MS = 1_000;

interface Follower {
  /** The row up to which it has taken everything over. */
  after: number;
  /** Questions of it that are not answered yet. */
  open: number;
  answeredAt: number;
}

/** Who follows the feed, and how far each has come. */
interface FeedAudience {
  /** A follower asks for what comes after a row, since it has all before. To be called when it is answered: what is given back. */
  asks(name: string, after: number): () => void;
  /** Resolves when all who follow have come so far, or when the time is over. */
  untilAt(sequence: number, waitMs: number): Promise<void>;
}

/** Notes who follows by what they ask. Replicas of one service share its name: the one that asked last stands for it. */
export function feedAudience(): FeedAudience {
  const followers = new Map<string, Follower>();
  const looking = new Set<() => void>();

  const isBehind = ({ after, open, answeredAt }: Follower, sequence: number): boolean =>
    after < sequence && (open > 0 || performance.now() - answeredAt < GONE_MS);

  return {
    asks(name, after) {
      const follower = followers.get(name) ?? { after, open: 0, answeredAt: 0 };
      followers.set(name, follower);
      follower.after = after;
      follower.open += 1;
      for (const look of [...looking]) look();
      return () => {
        follower.open -= 1;
        follower.answeredAt = performance.now();
      };
    },

    untilAt: (sequence, waitMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          looking.delete(look);
          resolve();
        };
        const look = (): void => {
          if (![...followers.values()].some((follower) => isBehind(follower, sequence))) done();
        };
        const timer = setTimeout(done, waitMs);
        looking.add(look);
        look();
      }),
  };
}
