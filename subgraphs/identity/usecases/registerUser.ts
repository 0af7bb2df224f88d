import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseEmail } from '../domain/email.js';
import { identityLimits } from '../domain/limits.js';
import { parsePassword } from '../domain/password.js';
import { registrationLimits } from '../domain/throttle.js';
import { parseUsername, type User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { NewUser, Ports, TotpEnrolment } from './ports.js';
import { totpPurpose } from './purposes.js';
import { refuseNameOfDirectory } from './refuseNameOfDirectory.js';
import { countOrRefuse } from './throttling.js';

/** What a person registers with. */
interface RegisterUserInput {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly displayName: string;
}

/** A person who still has to confirm the factor. */
interface RegisteredUser {
  readonly user: User;
  readonly totp: TotpEnrolment;
  readonly enrolmentToken: string;
}

/**
 * Registers a person as PENDING and begins the enrolment of the one-time-code factor.
 * Refusals, in this order: REGISTRATION_CLOSED, INVALID_INPUT, PASSWORD_TOO_COMMON, DIRECTORY_UNAVAILABLE, USERNAME_TAKEN.
 * Faults: RATE_LIMITED after too many registrations from one network, or where too many wait to be hashed.
 */
export const registerUser =
  (ports: Ports, settings: { readonly registrationOpen: boolean }) =>
  async (input: RegisterUserInput, call: Call): Promise<Result<RegisteredUser, Refusal>> => {
    if (!settings.registrationOpen) {
      const remedy = ports.directory?.provisions ? "Log in with the directory's password." : 'Ask an operator.';
      return err(refused('REGISTRATION_CLOSED', `Nobody can register here by themselves. ${remedy}`));
    }
    const parsed = parseRegistration(input);
    if (!parsed.ok) return parsed;
    const { password, ...profile } = parsed.value;
    const now = ports.clock.now();
    await countOrRefuse(ports.database.failures, registrationLimits(call.clientIp), now);
    const refusal = await refuseNameOfDirectory(ports, profile.username);
    if (refusal !== null) return err(refusal);
    const passwordHash = await ports.hasher.hash(password);
    const secret = ports.totp.newSecret();
    const enrolmentToken = ports.secrets.newToken('tge');
    const user: NewUser = {
      ...profile,
      id: ports.newId('user'),
      status: 'PENDING',
      operator: false,
      createdAt: now,
      directoryId: null,
      disabledBy: null,
      passwordHash,
      totpSecret: null,
    };
    await faultpoint('identity.registerUser.beforeCommit');
    const inserted = await ports.database.transaction(async (stores) => {
      await stores.users.eraseUnfinished(profile.username, now);
      if (!(await stores.users.insert(user))) return false;
      await stores.enrolments.insert(ports.secrets.digest(enrolmentToken), {
        userId: user.id,
        totpSecret: ports.sealer.seal(secret, totpPurpose(user.id)),
        expiresAt: new Date(now.getTime() + identityLimits.enrolmentLifetimeMs),
        replaces: false,
      });
      await stores.audit.write(auditEntry(call, { action: 'registerUser', target: user.id, outcome: 'OK' }));
      return true;
    });
    if (!inserted) return err(refused('USERNAME_TAKEN', 'Another person has this user name. Choose another.'));
    await faultpoint('identity.registerUser.afterCommit');
    return ok({ user, totp: await ports.totp.describe(secret, profile.username), enrolmentToken });
  };

function parseRegistration(input: RegisterUserInput): Result<RegisterUserInput, Refusal> {
  const username = parseUsername(input.username);
  if (!username.ok) return username;
  const password = parsePassword(input.password, username.value);
  if (!password.ok) return password;
  const email = parseEmail(input.email);
  if (!email.ok) return email;
  const displayName = parseLine(input.displayName, ['displayName']);
  if (!displayName.ok) return displayName;
  return ok({
    username: username.value,
    password: password.value,
    email: email.value,
    displayName: displayName.value,
  });
}
