import { faultpoint } from '../../../platform/faultpoint.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { normalisePassword } from '../domain/password.js';
import type { Session } from '../domain/session.js';
import { attemptKeys, type Lane, strangerLimits } from '../domain/throttle.js';
import { foldUsername } from '../domain/user.js';
import { accountDigest } from './accountDigest.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { enrolDirectoryPerson } from './enrolDirectoryPerson.js';
import { type Attempt, judgeAttempt } from './judgement.js';
import { addRefreshToken, newSession, type OpenSession, signForSession } from './openSession.js';
import type { Credentials, Ports, Stores } from './ports.js';
import { provePassword, withoutFactor } from './provePassword.js';
import { deviceTokenHash, deviceToRemember, rememberDevice } from './rememberDevice.js';
import { type Factor, readFactor } from './secondFactor.js';
import { refuseByCounts, refuseIfThrottled } from './throttling.js';

/** Credentials as typed. */
interface LogInInput {
  readonly username: string;
  readonly password: string;
  /** Six digits, or a recovery code. */
  readonly code: string;
  /** What an earlier log-in on this device gave. */
  readonly deviceToken?: string | null | undefined;
  readonly rememberDevice?: boolean | null | undefined;
}

/** An open session, and the token of a device that is remembered from now on. */
interface LoggedIn extends OpenSession {
  readonly deviceToken: string | null;
}

/**
 * Opens a session with user name, password and a second factor that is used up.
 * Every wrong credential, whichever it is, is refused INVALID_CREDENTIALS after the same work: one password hash and one
 * comparison of the code (and one conversation with the directory, where there is one), also for names that nobody has.
 * Refusals: INVALID_CREDENTIALS, TOTP_REQUIRED (a person of the directory, to whom it gives the factor to enrol),
 * DIRECTORY_UNAVAILABLE (in place of INVALID_CREDENTIALS while nobody can tell). A password longer than any can be is INVALID_INPUT, unhashed.
 * Faults: RATE_LIMITED after too many failures (domain/throttle.ts, directoryAttempts.ts), or where too many passwords wait to be hashed.
 */
export const logIn =
  (ports: Ports) =>
  async (input: LogInInput, call: Call): Promise<Result<LoggedIn, Refusal>> => {
    const password = normalisePassword(input.password);
    if (password === null) {
      const max = identityLimits.passwordCharactersMax;
      return err(invalidInput(['password'], `A password has at most ${max} characters.`));
    }
    const username = foldUsername(input.username);
    const lane = await findLane(ports, username, input.deviceToken ?? null);
    const keys = attemptKeys(accountDigest(ports.secrets, username ?? input.username), call.clientIp, lane);
    const start = await ports.database.logIns.start(username, keys);
    refuseByCounts(keys, start.counts, ports.clock.now());

    const proof = await provePassword(ports, call, { username, password, keys, credentials: start.credentials });
    const { credentials, passwordIsRight } = proof;
    const typed = await readFactor(ports, credentials, input.code);
    const bare = withoutFactor(proof);
    if (bare !== null && ports.directory?.factorRequired) {
      // Looked at again, as an attempt is that is judged: who guessed in parallel learns nothing here either.
      await refuseIfThrottled(ports.database.failures, keys, ports.clock.now());
      return err(await enrolDirectoryPerson(ports, call, bare));
    }
    const factor: Factor | null = bare === null ? typed : { kind: 'NONE' };

    await faultpoint('identity.logIn.beforeCommit');
    const { refusal } = proof;
    const attempt: Attempt = { action: 'logIn', call, keys, credentials, passwordIsRight, factor, refusal };
    const opened =
      (await openAtOnce(ports, attempt, { input, isRemembered: lane !== null })) ??
      (await ports.database.transaction(async (stores) => {
        const proven = await judgeAttempt(ports, stores, attempt);
        return proven === null ? null : open(ports, stores, proven, attempt, input);
      }));
    if (opened === null) return err(await proof.answer());
    await faultpoint('identity.logIn.afterCommit');
    return ok({ ...(await signForSession(ports, opened)), deviceToken: opened.deviceToken });
  };

/** A device that is remembered for this name is throttled apart from everybody else. */
async function findLane(ports: Ports, username: string | null, deviceToken: string | null): Promise<Lane | null> {
  if (username === null || deviceToken === null) return null;
  const hash = deviceTokenHash(ports, deviceToken);
  const isRemembered = await ports.database.devices.isRemembered(hash, username, ports.clock.now());
  return isRemembered ? { device: Buffer.from(hash).toString('base64url') } : null;
}

/** A session that is written, before its token is signed. */
type Written = Omit<LoggedIn, 'accessToken' | 'expiresAt' | 'scopes'>;

/**
 * What `judgeAttempt` and `open` do for a right log-in, in one statement: most are right, and each statement less is a
 * quarter of what a log-in costs besides its hash. Null where it does not look right, or is not when it is looked at
 * again: then those tell why.
 */
async function openAtOnce(
  ports: Ports,
  { keys, call, credentials, passwordIsRight, factor }: Attempt,
  { input, isRemembered }: { readonly input: LogInInput; readonly isRemembered: boolean },
): Promise<Written | null> {
  const looksRight = credentials?.user.status === 'ACTIVE' && passwordIsRight;
  if (!looksRight || factor === null || factor.kind === 'NONE') return null;
  const now = ports.clock.now();
  const { user } = credentials;
  const session = newSession(ports, { userId: user.id, call });
  const refreshToken = ports.secrets.newToken('tgr');
  const device = deviceToRemember(ports, input, isRemembered);
  const detail = logInDetail(session, factor, device?.token ?? null);
  const isOpen = await ports.database.logIns.openAtOnce({
    now,
    credentials,
    factor: factor.kind === 'TOTP' ? { step: factor.step } : { codeHash: factor.codeHash },
    keys,
    limits: strangerLimits(keys),
    knownUntil: knownUntil(now),
    session,
    refreshTokenHash: ports.secrets.digest(refreshToken),
    device,
    audit: { requestId: call.requestId, detail },
  });
  return isOpen ? { session, user, refreshToken, deviceToken: device?.token ?? null } : null;
}

async function open(
  ports: Ports,
  stores: Stores,
  { user }: Credentials,
  attempt: Attempt,
  input: LogInInput,
): Promise<Written> {
  const { keys, call, factor } = attempt;
  await stores.failures.mark(keys.known, knownUntil(ports.clock.now()));
  const session = newSession(ports, { userId: user.id, call });
  await stores.sessions.insert(session);
  const refreshToken = await addRefreshToken(ports, stores, session.id);
  const deviceToken = await rememberDevice(ports, stores, user.id, input);
  const detail = logInDetail(session, factor, deviceToken);
  const entry = { action: 'logIn', target: user.id, actor: user.id, outcome: 'OK', detail };
  await stores.audit.write(auditEntry(call, entry));
  return { session, user, refreshToken, deviceToken };
}

const knownUntil = (now: Date): Date => new Date(now.getTime() + identityLimits.knownNetworkMs);

const logInDetail = ({ id }: Session, factor: Factor | null, deviceToken: string | null) => ({
  session: id,
  factor: factor?.kind ?? null,
  rememberedDevice: deviceToken !== null,
});
