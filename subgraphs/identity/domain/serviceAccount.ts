import { identityLimits } from './limits.js';

/** A program that calls Tollgate, without its secrets. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** The clusters that compute:control and accounting:usage are bound to. */
  readonly clusterIds: readonly string[];
  readonly createdAt: Date;
  /** When it last got a token. */
  readonly lastUsedAt: Date | null;
  /** Since when it gets no tokens any more and those it has are dead; null while it may be used. */
  readonly disabledAt: Date | null;
}

/** What is known of a secret: never the secret. */
export interface ServiceAccountSecret {
  readonly createdAt: Date;
  /** From when on it is refused; null while nothing ends it. */
  readonly endsAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/**
 * When each live secret ends once a fresh one is added, in the order given: the newest goes on for as long as it is
 * kept (null: until it is withdrawn) and never longer than it would have anyway, the others end now. So two are live at most.
 * @param live the newest first
 */
export function endsAfterRotation(
  live: readonly Pick<ServiceAccountSecret, 'endsAt'>[],
  keepSeconds: number | null,
  now: Date,
): readonly (Date | null)[] {
  return live.map(({ endsAt }, position) => {
    if (position > 0) return now;
    if (keepSeconds === null) return endsAt;
    const kept = new Date(now.getTime() + keepSeconds * 1000);
    return endsAt !== null && endsAt < kept ? endsAt : kept;
  });
}

/** Whether a replaced secret may be kept for so long. */
export const isKeepTime = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= 0 && seconds <= identityLimits.previousSecretSecondsMax;
