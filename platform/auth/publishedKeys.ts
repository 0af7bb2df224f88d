import { type CryptoKey, importJWK, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import type { FeedFollower } from './feedFollower.js';

/** Identity's public keys, as the feed tells them. */
export interface PublishedKeys {
  /** Whether a key verifies anything now. */
  isPublished(kid: string): boolean;
  /** The key, or null for one that is unknown or retired. @throws what asking identity throws */
  keyOf(kid: string | undefined): Promise<CryptoKey | null>;
}

const IMPORTED_MAX = 100;

/** The keys that a follower knows; for one that it does not, identity is asked once. */
export function publishedKeys(feed: FeedFollower): PublishedKeys {
  const imported = new LRUCache<string, CryptoKey>({ max: IMPORTED_MAX });
  const isPublished = (kid: string): boolean => feed.stateOf('KEY', kid)?.state === 'PUBLISHED';

  // Tokens with made-up keys must not become a flood of questions to identity: one is under way at a time.
  let asking: Promise<void> | null = null;
  const askOnce = (): Promise<void> => {
    asking ??= feed.refresh().finally(() => {
      asking = null;
    });
    return asking;
  };

  return {
    isPublished,
    async keyOf(kid) {
      if (kid === undefined) return null;
      // A fresh key may be ahead of the feed: identity is asked once before the token is refused.
      if (!isPublished(kid)) await askOnce();
      const published = feed.stateOf('KEY', kid);
      if (published?.state !== 'PUBLISHED') return null;
      const known = imported.get(kid);
      if (known !== undefined) return known;
      const key = await importJWK(published.data as JWK, 'ES256');
      if (key instanceof Uint8Array) return null;
      imported.set(kid, key);
      return key;
    },
  };
}
