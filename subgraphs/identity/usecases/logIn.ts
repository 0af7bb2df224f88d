import { faultpoint } from '../../../platform/faultpoint.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { normalisePassword } from '../domain/password.js';
import type { Session } from '../domain/session.js';
import { type AttemptKeys, attemptKeys } from '../domain/throttle.js';
import { foldUsername } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { addRefreshToken, insertSession, type OpenSession, signForSession } from './openSession.js';
import type { Credentials, Ports, Stores } from './ports.js';
import { type Factor, readFactor, spendFactor } from './secondFactor.js';
import { refuseIfThrottled } from './throttling.js';

/** Credentials as typed. */
interface LogInInput {
  readonly username: string;
  readonly password: string;
  /** Six digits, or a recovery code. */
  readonly code: string;
}

/** What was wrong: for the trail and the counters alone, the client is told none of it. */
type Failure = 'PASSWORD' | 'STATUS' | 'CODE' | 'SPENT_CODE';

/**
 * Opens a session with user name, password and a second factor that is used up.
 * Every wrong credential, whichever it is, is refused INVALID_CREDENTIALS after the same work: one password hash and one
 * comparison of the code, also for names that nobody has. A password longer than any can be is INVALID_INPUT, unhashed.
 * Faults: RATE_LIMITED after too many failures (domain/throttle.ts), or where too many passwords wait to be hashed.
 */
export const logIn =
  (ports: Ports) =>
  async (input: LogInInput, call: Call): Promise<Result<OpenSession, Refusal>> => {
    const password = normalisePassword(input.password);
    if (password === null) {
      const max = identityLimits.passwordCharactersMax;
      return err(invalidInput(['password'], `A password has at most ${max} characters.`));
    }
    const username = foldUsername(input.username);
    const account = Buffer.from(ports.secrets.digest(username ?? input.username)).toString('base64url');
    const keys = attemptKeys(account, call.clientIp);
    await refuseIfThrottled(ports.database.failures, keys, ports.clock.now());

    const credentials = username === null ? null : await ports.database.users.credentialsOf(username);
    const passwordIsRight = await ports.hasher.verify(credentials?.passwordHash ?? null, password);
    const factor = await readFactor(ports, credentials, input.code);

    await faultpoint('identity.logIn.beforeCommit');
    const opened = await ports.database.transaction(async (stores) => {
      const judged = await judge(ports, stores, { credentials, passwordIsRight, factor, keys });
      if (judged !== null) return recordFailure(ports, stores, { failure: judged, credentials, keys, call });
      return credentials === null ? null : open(ports, stores, { credentials, factor, keys, call });
    });
    if (opened === null) return err(wrongCredentials);
    await faultpoint('identity.logIn.afterCommit');
    return ok(await signForSession(ports, opened));
  };

const wrongCredentials = refused(
  'INVALID_CREDENTIALS',
  'User name, password or code is wrong, or the code was used before. Try again with a fresh code.',
);

/** Decides, and spends the factor where everything is right. Null: may log in. */
async function judge(
  ports: Ports,
  stores: Stores,
  attempt: {
    readonly credentials: Credentials | null;
    readonly passwordIsRight: boolean;
    readonly factor: Factor | null;
    readonly keys: AttemptKeys;
  },
): Promise<Failure | null> {
  const { credentials, passwordIsRight, factor, keys } = attempt;
  if (credentials === null || !passwordIsRight) return 'PASSWORD';
  if (credentials.user.status !== 'ACTIVE') return 'STATUS';
  if (factor === null) return 'CODE';
  // Looked at again: guesses that ran in parallel must not be more than guesses one after the other.
  await refuseIfThrottled(stores.failures, keys, ports.clock.now());
  const spent = await spendFactor(stores, credentials.user.id, factor, ports.clock.now());
  if (spent) return null;
  return factor.kind === 'TOTP' ? 'SPENT_CODE' : 'CODE';
}

async function recordFailure(
  ports: Ports,
  stores: Stores,
  attempt: {
    readonly failure: Failure;
    readonly credentials: Credentials | null;
    readonly keys: AttemptKeys;
    readonly call: Call;
  },
): Promise<null> {
  const { failure, credentials, keys, call } = attempt;
  // A name that nobody has is not written down: people type passwords into that field.
  const target = credentials?.user.id ?? null;
  const entry = { action: 'logIn', target, outcome: wrongCredentials.code, detail: { failure } };
  await stores.audit.write(auditEntry(call, entry));
  // A right code that was used before is no guess: it counts for the network alone. Counted last: many failures share
  // a network's counter, and its lock is held until the commit.
  const counted = { PASSWORD: [keys.password], STATUS: [keys.password], CODE: [keys.code], SPENT_CODE: [] }[failure];
  await stores.failures.add([...counted, keys.network], ports.clock.now());
  return null;
}

async function open(
  ports: Ports,
  stores: Stores,
  attempt: {
    readonly credentials: Credentials;
    readonly factor: Factor | null;
    readonly keys: AttemptKeys;
    readonly call: Call;
  },
): Promise<{ session: Session; user: Credentials['user']; refreshToken: string }> {
  const { credentials, factor, keys, call } = attempt;
  const { user } = credentials;
  await stores.failures.forget([keys.password, keys.code]);
  const knownUntil = new Date(ports.clock.now().getTime() + identityLimits.knownNetworkMs);
  await stores.failures.mark(keys.known, knownUntil);
  const session = await insertSession(ports, stores, user.id, call);
  const refreshToken = await addRefreshToken(ports, stores, session.id);
  const detail = { session: session.id, factor: factor?.kind ?? null };
  const entry = { action: 'logIn', target: user.id, actor: user.id, outcome: 'OK', detail };
  await stores.audit.write(auditEntry(call, entry));
  return { session, user, refreshToken };
}
