import type { TotpRequired } from '../../../platform/kernel/refusal.js';
import { identityLimits } from '../domain/limits.js';
import { registrationLimits } from '../domain/throttle.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { totpPurpose } from './purposes.js';
import { countOrRefuse } from './throttling.js';

/**
 * Begins the enrolment of a one-time-code factor for a person of the directory whose password was right: confirmTotp
 * ends it, as it ends a registration. Whoever has the password of somebody who never logged in enrols first; where that
 * is too little, an operator looks at who came in by `provisionUser` in the audit.
 * @returns the refusal of the log-in, which carries what to enrol
 * @throws Fault RATE_LIMITED after as many as registrations may be
 */
export async function enrolDirectoryPerson(ports: Ports, call: Call, user: User): Promise<TotpRequired> {
  const now = ports.clock.now();
  await countOrRefuse(ports.database.failures, registrationLimits(call.clientIp), now);
  const secret = ports.totp.newSecret();
  const enrolmentToken = ports.secrets.newToken('tge');
  await ports.database.transaction(async (stores) => {
    // Somebody who had none when none was needed gets one now, and no renewed session before.
    await stores.users.setPending(user.id);
    await stores.enrolments.insert(ports.secrets.digest(enrolmentToken), {
      userId: user.id,
      totpSecret: ports.sealer.seal(secret, totpPurpose(user.id)),
      expiresAt: new Date(now.getTime() + identityLimits.enrolmentLifetimeMs),
      replaces: false,
    });
    const entry = { action: 'logIn', target: user.id, actor: user.id, outcome: 'TOTP_REQUIRED' };
    await stores.audit.write(auditEntry(call, entry));
  });
  return {
    type: 'TotpRequired',
    code: 'TOTP_REQUIRED',
    message: 'Enrol the one-time-code factor, confirm it with confirmTotp, then log in with the next code.',
    enrolmentToken,
    totp: await ports.totp.describe(secret, user.username ?? ''),
  };
}
