import { type CryptoKey, importJWK, type JWK } from 'jose';
import { algorithmOf } from '../kernel/signatureAlgorithms.js';
import type { FeedFollower } from './feedFollower.js';

/** What a key may be asked to verify. */
type KeyUse = 'ACCESS_TOKEN' | 'MANDATE';

/** Identity's public keys, as the feed tells them. */
export interface PublishedKeys {
  /** Whether a key verifies this now. */
  verifies(use: KeyUse, kid: string): boolean;
  /**
   * The key that a signature's header names, or null for one that is unknown, verifies no such thing (any more), or has
   * another algorithm than the header says. @throws what asking identity throws
   */
  keyOf(use: KeyUse, header: SignatureHeader): Promise<CryptoKey | null>;
}

/** What of a signature's header chooses the key; nothing else in it is followed. */
interface SignatureHeader {
  readonly kid?: string;
  readonly alg?: string;
}

/**
 * The states in which a key verifies: PUBLISHED is for everything, MANDATES for the mandates that it signed while it
 * signed, which outlive its access tokens by months. RETIRED, and whatever else, is for nothing.
 */
const statesFor: Readonly<Record<KeyUse, readonly string[]>> = {
  ACCESS_TOKEN: ['PUBLISHED'],
  MANDATE: ['PUBLISHED', 'MANDATES'],
};

/** The keys that a follower knows; for one that it does not, identity is asked once. */
export function publishedKeys(feed: FeedFollower): PublishedKeys {
  /** By what the feed says of a key: should it ever say something else, that is imported. */
  const imported = new WeakMap<object, CryptoKey>();
  const verifies: PublishedKeys['verifies'] = (use, kid) =>
    statesFor[use].includes(feed.stateOf('KEY', kid)?.state ?? '');

  // Tokens with made-up keys must not become a flood of questions to identity: one is under way at a time.
  let asking: Promise<void> | null = null;
  const askOnce = (): Promise<void> => {
    asking ??= feed.refresh().finally(() => {
      asking = null;
    });
    return asking;
  };

  return {
    verifies,
    async keyOf(use, { kid, alg }) {
      if (kid === undefined) return null;
      // A fresh key may be ahead of the feed: identity is asked once before the token is refused.
      if (!verifies(use, kid)) await askOnce();
      const published = feed.stateOf('KEY', kid);
      if (published === undefined || !verifies(use, kid)) return null;
      const algorithm = algorithmOf(published.data);
      if (algorithm === null || algorithm !== alg) return null;
      const known = imported.get(published.data);
      if (known !== undefined) return known;
      const key = await importJWK(published.data as JWK, algorithm);
      if (key instanceof Uint8Array) return null;
      imported.set(published.data, key);
      return key;
    },
  };
}
