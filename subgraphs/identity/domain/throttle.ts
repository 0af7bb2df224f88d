import { identityLimits } from './limits.js';
import { networkOf } from './network.js';

/** Whose failures a log-in attempt adds to. */
export interface AttemptKeys {
  /** Wrong passwords for this name from this network, or in this lane: a stranger elsewhere cannot lock the owner out. */
  readonly password: string;
  /** Wrong passwords for this name from anywhere; null in a lane of its own. */
  readonly anywhere: string | null;
  /** Wrong codes for this name from anywhere, or in this lane: only who knows the password can fill it. */
  readonly code: string;
  /** Failures of any kind from this network. */
  readonly network: string;
  /** Wrong step-ups of this person in whatever sessions; null where it is none. */
  readonly stepUp: string | null;
  /** Stands while this name has logged in from this network not long ago. */
  readonly known: string;
  /** Passwords for this name that were taken to the directory and were not right, whoever typed them. */
  readonly directory: string;
}

/** How many attempts a key has in its present window, and when that ends. */
export interface FailureCount {
  readonly key: string;
  readonly failures: number;
  readonly windowEndsAt: Date;
}

/** How many attempts each key may have in a window. */
export type AttemptLimits = ReadonlyMap<string, number>;

/**
 * What tells an attempt apart from a stranger's before it is judged: a remembered device, or a session that is live. Who
 * shows one is throttled alone, so that strangers cannot lock its owner out; and no more than others are. Sessions of
 * one person share a further counter: who has a token can open more of them by device logins.
 */
export type Lane = { readonly device: string } | { readonly session: string; readonly userId: string };

/**
 * The counters of a log-in attempt.
 * @param account a digest of the name as typed: names that nobody has are counted like others, so that both answer alike
 */
export function attemptKeys(account: string, clientIp: string, lane: Lane | null = null): AttemptKeys {
  const network = networkOf(clientIp);
  const apart = lane === null ? null : 'device' in lane ? `device:${lane.device}` : `session:${lane.session}`;
  return {
    password: `password:${account}:${apart ?? network}`,
    anywhere: apart === null ? `passwords:${account}` : null,
    code: apart === null ? `code:${account}` : `code:${account}:${apart}`,
    network: `network:${network}`,
    stepUp: lane !== null && 'session' in lane ? `step-up:${lane.userId}` : null,
    known: `known:${account}:${network}`,
    directory: `directory:${account}`,
  };
}

/** Whether an attempt is in a lane, or comes from a network that the name logged in from not long ago. */
export const isKnown = (keys: AttemptKeys, counts: readonly FailureCount[], now: Date): boolean =>
  keys.anywhere === null || counts.some((count) => count.key === keys.known && count.windowEndsAt > now);

/**
 * What a log-in attempt is held against. A name that logged in from this network not long ago is spared the
 * limits for the network and for the name from anywhere: whoever shares an address with its owner, or guesses from many
 * addresses, could else lock the owner out. So is a lane.
 */
export function logInLimits(keys: AttemptKeys, counts: readonly FailureCount[], now: Date): AttemptLimits {
  const limits = new Map(strangerLimits(keys));
  if (!isKnown(keys, counts, now)) return limits;
  limits.delete(keys.network);
  if (keys.anywhere !== null) limits.delete(keys.anywhere);
  return limits;
}

/** What an attempt is held against of which nothing speaks for its owner: whatever is within them is within logInLimits. */
export function strangerLimits(keys: AttemptKeys): AttemptLimits {
  const { passwordFailuresMax, passwordFailuresAnywhereMax, codeFailuresMax, networkFailuresMax } = identityLimits;
  const limits = new Map<string, number>([
    [keys.password, passwordFailuresMax],
    [keys.code, codeFailuresMax],
    [keys.network, networkFailuresMax],
  ]);
  if (keys.stepUp !== null) limits.set(keys.stepUp, identityLimits.stepUpFailuresMax);
  if (keys.anywhere !== null) limits.set(keys.anywhere, passwordFailuresAnywhereMax);
  return limits;
}

/**
 * What wrong client secrets are held against; they share nothing with log-ins.
 * @param account a digest of the client id as sent
 */
export function secretLimits(account: string, clientIp: string): AttemptLimits {
  const network = networkOf(clientIp);
  return new Map([
    [`secret:${account}:${network}`, identityLimits.secretFailuresMax],
    [`secrets:${network}`, identityLimits.networkSecretFailuresMax],
  ]);
}

/** What registrations from a client's network are held against. */
export const registrationLimits = (clientIp: string): AttemptLimits =>
  new Map([[`registration:${networkOf(clientIp)}`, identityLimits.networkRegistrationsMax]]);

/** What device logins that are begun from a client's network are held against. */
export const deviceLoginLimits = (clientIp: string): AttemptLimits =>
  new Map([[`device-logins:${networkOf(clientIp)}`, identityLimits.networkDeviceLoginsMax]]);

/** What user codes are held against that somebody typed and nobody was given. */
export const userCodeLimits = (userId: string, clientIp: string): AttemptLimits =>
  new Map([
    [`user-code:${userId}`, identityLimits.userCodeFailuresMax],
    [`user-codes:${networkOf(clientIp)}`, identityLimits.networkUserCodeFailuresMax],
  ]);

/** Seconds until another attempt is looked at, or null where one may be made now. */
export function waitSeconds(limits: AttemptLimits, counts: readonly FailureCount[], now: Date): number | null {
  const waits = counts
    .filter(
      (count) => count.windowEndsAt > now && count.failures >= (limits.get(count.key) ?? Number.POSITIVE_INFINITY),
    )
    .map((count) => Math.ceil((count.windowEndsAt.getTime() - now.getTime()) / 1000));
  return waits.length === 0 ? null : Math.max(...waits);
}
