import { identityLimits } from './limits.js';
import { networkOf } from './network.js';

/** Whose failures a log-in attempt adds to. */
export interface AttemptKeys {
  /** Wrong passwords for this name from this network: a stranger elsewhere cannot lock the owner out. */
  readonly password: string;
  /** Wrong codes for this name from anywhere: only who knows the password can fill it. */
  readonly code: string;
  /** Failures of any kind from this network. */
  readonly network: string;
}

/** How many failures a key has in its present window, and when that ends. */
export interface FailureCount {
  readonly key: string;
  readonly failures: number;
  readonly windowEndsAt: Date;
}

/**
 * The counters of an attempt.
 * @param account a digest of the name as typed: names that nobody has are counted like others, so that both answer alike
 */
export function attemptKeys(account: string, clientIp: string): AttemptKeys {
  const network = networkOf(clientIp);
  return { password: `password:${account}:${network}`, code: `code:${account}`, network: `network:${network}` };
}

/** Seconds until another attempt is looked at, or null where one may be made now. */
export function waitSeconds(keys: AttemptKeys, counts: readonly FailureCount[], now: Date): number | null {
  const { passwordFailuresMax, codeFailuresMax, networkFailuresMax } = identityLimits;
  const most = new Map([
    [keys.password, passwordFailuresMax],
    [keys.code, codeFailuresMax],
    [keys.network, networkFailuresMax],
  ]);
  const waits = counts
    .filter((count) => count.windowEndsAt > now && count.failures >= (most.get(count.key) ?? Number.POSITIVE_INFINITY))
    .map((count) => Math.ceil((count.windowEndsAt.getTime() - now.getTime()) / 1000));
  return waits.length === 0 ? null : Math.max(...waits);
}
