import { createHash, type Hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { storageLimits } from '../domain/limits.js';

/** A digest of the first parts of an upload, and the keys of the objects they are. */
export interface RunningDigest {
  readonly objectKeys: readonly string[];
  readonly hash: Hash;
}

/**
 * Digests of uploads whose parts arrive in order, so that completing need not read them again. They live in memory:
 * after a restart, in another replica, or for parts in another order the bytes are read from the store. A digest names
 * the objects it is of, so that one of parts that were sent again since is never believed.
 */
export interface RunningDigests {
  /** A digest of this upload's parts before `number`, to go on with; null where that is not known. */
  continueWith(uploadId: string, number: number): RunningDigest | null;
  /** The digest that reaches farthest. */
  latest(uploadId: string): RunningDigest | null;
  keep(uploadId: string, digest: RunningDigest): void;
  forget(uploadId: string): void;
}

/** The digest of nothing, for the first part. */
export const emptyDigest = (): RunningDigest => ({ objectKeys: [], hash: createHash('sha256') });

/** Digests in this process' memory, the least used of them dropped beyond a limit. */
export function runningDigests(): RunningDigests {
  const kept = new LRUCache<string, RunningDigest>({ max: storageLimits.runningDigestsMax });
  const latest = (uploadId: string): RunningDigest | null => {
    const digest = kept.get(uploadId);
    return digest === undefined ? null : { objectKeys: digest.objectKeys, hash: digest.hash.copy() };
  };
  return {
    latest,
    continueWith(uploadId, number) {
      if (number === 1) return emptyDigest();
      const digest = latest(uploadId);
      return digest?.objectKeys.length === number - 1 ? digest : null;
    },
    keep: (uploadId, digest) => void kept.set(uploadId, digest),
    forget: (uploadId) => void kept.delete(uploadId),
  };
}
