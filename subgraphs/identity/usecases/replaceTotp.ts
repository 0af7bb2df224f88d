import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, TotpEnrolment } from './ports.js';
import { totpPurpose } from './purposes.js';
import { readStepUp, type StepUpProof } from './stepUp.js';

/** The factor to enrol, and the right to confirm it. */
interface ReplacementBegun {
  readonly totp: TotpEnrolment;
  readonly enrolmentToken: string;
}

/**
 * Begins to replace the viewer's one-time-code factor. The old one stays good until confirmTotp has seen a code of the
 * new one, within an hour; a replacement that was begun before and not confirmed is void.
 * Refusals: INVALID_CREDENTIALS, DIRECTORY_UNAVAILABLE (counted and audited here). Faults: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED.
 */
export const replaceTotp =
  (ports: Ports) =>
  async (input: StepUpProof, call: Call): Promise<Result<ReplacementBegun, Refusal>> => {
    const action = 'replaceTotp';
    const stepUp = await readStepUp(ports, requireInPerson(call.viewer), input, { action, call });
    const secret = ports.totp.newSecret();
    const enrolmentToken = ports.secrets.newToken('tge');
    const now = ports.clock.now();
    await faultpoint('identity.replaceTotp.beforeCommit');
    const begunFor = await ports.database.transaction(async (stores) => {
      const proven = await stepUp.judge(stores);
      if (proven === null) return null;
      const { user } = proven;
      await stores.enrolments.abandonReplacements(user.id, now);
      await stores.enrolments.insert(ports.secrets.digest(enrolmentToken), {
        userId: user.id,
        totpSecret: ports.sealer.seal(secret, totpPurpose(user.id)),
        expiresAt: new Date(now.getTime() + identityLimits.enrolmentLifetimeMs),
        replaces: true,
      });
      await stores.audit.write(auditEntry(call, { action, target: user.id, outcome: 'OK' }));
      return user;
    });
    await faultpoint('identity.replaceTotp.afterCommit');
    if (begunFor === null) return err(await stepUp.answer());
    return ok({ totp: await ports.totp.describe(secret, begunFor.username ?? begunFor.id), enrolmentToken });
  };
