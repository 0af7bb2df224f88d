import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parsePassword } from '../domain/password.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { endSessions } from './endSessions.js';
import { requireInPerson } from './inPerson.js';
import type { Ports } from './ports.js';
import { readStepUp, type StepUpProof } from './stepUp.js';

/** The proof, and the password from now on. */
interface ChangePasswordInput extends StepUpProof {
  readonly newPassword: string;
}

/**
 * Gives the viewer another password. It ends all their other sessions, takes back device logins that were approved and
 * not redeemed yet, voids a replacement of the factor that was begun, and forgets remembered devices: who knew the old
 * password has nothing left.
 * Refusals, in this order: INVALID_CREDENTIALS or DIRECTORY_UNAVAILABLE (counted and audited here), PASSWORD_OF_DIRECTORY, INVALID_INPUT and PASSWORD_TOO_COMMON for the
 * new one (the code is used up then as well). Faults: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED.
 */
export const changePassword =
  (ports: Ports) =>
  async (input: ChangePasswordInput, call: Call): Promise<Result<User, Refusal>> => {
    const action = 'changePassword';
    const person = requireInPerson(call.viewer);
    const stepUp = await readStepUp(ports, person, input, { action, call });
    const parsed = parsePassword(input.newPassword, stepUp.credentials.user.username ?? '', ['newPassword']);
    // Who does not show the old one gets nothing hashed.
    const passwordHash = parsed.ok && stepUp.looksRight ? await ports.hasher.hash(parsed.value, 'LOG_IN') : null;
    const now = ports.clock.now();
    await faultpoint('identity.changePassword.beforeCommit');
    const outcome = await ports.database.transaction(async (stores): Promise<Result<User, Refusal> | null> => {
      const proven = await stepUp.judge(stores);
      if (proven === null) return null;
      const { user } = proven;
      const wanted = user.directoryId === null ? parsed : elsewhere;
      if (!wanted.ok) {
        await stores.audit.write(auditEntry(call, { action, target: user.id, outcome: wanted.refusal.code }));
        return wanted;
      }
      if (passwordHash === null) throw new Error('a proof was taken that did not look right');
      await stores.users.replacePassword(user.id, passwordHash);
      await stores.devices.forgetAllOf(user.id, now);
      await stores.enrolments.abandonReplacements(user.id, now);
      const reason = 'CREDENTIALS_REPLACED';
      const ended = await endSessions(stores, user.id, { reason, now, exceptId: person.sessionId });
      await stores.audit.write(auditEntry(call, { action, target: user.id, outcome: 'OK', detail: { ended } }));
      return ok(user);
    });
    await faultpoint('identity.changePassword.afterCommit');
    if (outcome === null) return err(await stepUp.answer());
    if (outcome.ok) await ports.feedNews();
    return outcome;
  };

const elsewhere = err(refused('PASSWORD_OF_DIRECTORY', "The password is the directory's. Change it there."));
