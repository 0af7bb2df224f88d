import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { AttemptKeys } from '../domain/throttle.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Credentials, LockedCredentials, Ports, Stores } from './ports.js';
import { totpPurpose } from './purposes.js';
import { type Factor, spendFactor } from './secondFactor.js';
import { refuseIfThrottled } from './throttling.js';

/** What was wrong: for the trail and the counters alone, the client is told none of it. */
type Failure = 'PASSWORD' | 'STATUS' | 'CODE' | 'SPENT_CODE';

/** Credentials as they were typed and read, still to be judged. */
export interface Attempt {
  /** The mutation that asks for them. */
  readonly action: string;
  readonly call: Call;
  readonly keys: AttemptKeys;
  /** Null where nobody has the name. */
  readonly credentials: Credentials | null;
  readonly passwordIsRight: boolean;
  readonly factor: Factor | null;
  /** What the client is told where something is wrong. */
  readonly refusal: Refusal;
}

/** The one answer to every wrong credential. */
export const wrongCredentials = refused(
  'INVALID_CREDENTIALS',
  'User name, password or code is wrong, or the code was used before. Try again with a fresh code.',
);

/**
 * Judges an attempt inside the transaction of what it is for, and uses the factor up.
 * @returns whose the right credentials are, kept from changing until the commit; null where something is wrong, which is
 * counted and audited then
 * @throws Fault RATE_LIMITED
 */
export async function judgeAttempt(ports: Ports, stores: Stores, attempt: Attempt): Promise<Credentials | null> {
  const { credentials, keys } = attempt;
  // Looked at again, one attempt on a name after the other and whatever is wrong with it: guesses in parallel must not be
  // more than guesses in a row, nor may the right one among them be answered otherwise than the wrong ones.
  await stores.failures.queue(keys.stepUp ?? keys.code);
  await refuseIfThrottled(stores.failures, keys, ports.clock.now());
  const failure = credentials === null ? 'PASSWORD' : await findFailure(ports, stores, { ...attempt, credentials });
  if (failure === null) {
    await stores.failures.forget([keys.password, keys.code]);
    return credentials;
  }
  await recordFailure(ports, stores, attempt, failure);
  return null;
}

async function findFailure(
  ports: Ports,
  stores: Stores,
  attempt: Attempt & { readonly credentials: Credentials },
): Promise<Failure | null> {
  const { credentials, passwordIsRight, factor } = attempt;
  if (!passwordIsRight) return 'PASSWORD';
  if (credentials.user.status !== 'ACTIVE') return 'STATUS';
  if (factor === null) return 'CODE';
  // What was compared may have been replaced since; what replaced it ended the sessions that were open then.
  const present = await stores.users.lockCredentials(credentials.user.id);
  if (present?.passwordHash !== credentials.passwordHash) return 'PASSWORD';
  const { id } = credentials.user;
  if (factor.kind === 'TOTP' && openSecret(ports, id, present) !== openSecret(ports, id, credentials)) return 'CODE';
  if (await spendFactor(stores, id, factor, ports.clock.now())) return null;
  return factor.kind === 'TOTP' ? 'SPENT_CODE' : 'CODE';
}

/** The secret itself is compared: sealed anew with another key it is still the same factor. */
const openSecret = ({ sealer }: Ports, userId: string, { totpSecret }: LockedCredentials): string | null =>
  totpSecret === null ? null : sealer.open(totpSecret, totpPurpose(userId));

async function recordFailure(ports: Ports, stores: Stores, attempt: Attempt, failure: Failure): Promise<void> {
  const { action, credentials, keys, call, refusal } = attempt;
  // A name that nobody has is not written down: people type passwords into that field.
  const target = credentials?.user.id ?? null;
  const entry = { action, target, outcome: refusal.code, detail: { failure } };
  await stores.audit.write(auditEntry(call, entry));
  // A right code that was used before is no guess: it counts for the network alone. Counted last: many failures share
  // a network's counter, and its lock is held until the commit.
  const password = [keys.password, keys.anywhere, keys.stepUp];
  const code = [keys.code, keys.stepUp];
  const counted: Readonly<Record<Failure, readonly (string | null)[]>> = {
    PASSWORD: password,
    STATUS: password,
    CODE: code,
    SPENT_CODE: [],
  };
  await stores.failures.add([...counted[failure].filter((key) => key !== null), keys.network], ports.clock.now());
}
