import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { foldRecoveryCode } from '../domain/recoveryCode.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { totpPurpose } from './purposes.js';

/** The first code of a new factor, and the right to confirm it. */
interface ConfirmTotpInput {
  readonly enrolmentToken: string;
  readonly code: string;
}

/** A person who can log in, and the codes that replace a one-time code once each. */
interface ConfirmedUser {
  readonly user: User;
  readonly recoveryCodes: readonly string[];
}

/**
 * Ends the enrolment: the person becomes ACTIVE. The code's step counts as spent, so that the code shown here, perhaps
 * over somebody's shoulder, does not also log in. The token is the secret here: who has it knows the factor's secret,
 * so that wrong codes need no throttling.
 * Refusals: ENROLMENT_EXPIRED (unknown, spent or older than an hour), INVALID_CODE (the token stays good).
 */
export const confirmTotp =
  (ports: Ports) =>
  async (input: ConfirmTotpInput, call: Call): Promise<Result<ConfirmedUser, Refusal>> => {
    const now = ports.clock.now();
    const tokenHash = ports.secrets.digest(input.enrolmentToken.slice(0, identityLimits.opaqueTokenCharactersMax));
    const enrolment = await ports.database.enrolments.find(tokenHash);
    if (enrolment === null || enrolment.confirmedAt !== null || enrolment.expiresAt <= now) return err(expired);
    const secret = ports.sealer.open(enrolment.totpSecret, totpPurpose(enrolment.userId));
    const step = await ports.totp.matchingStep(secret, input.code, now);
    if (step === null) {
      return err(refused('INVALID_CODE', 'The authenticator shows another code now. Check its clock and try again.'));
    }
    const recoveryCodes = Array.from({ length: identityLimits.recoveryCodes }, () => ports.secrets.newRecoveryCode());
    await faultpoint('identity.confirmTotp.beforeCommit');
    const user = await ports.database.transaction(async (stores) => {
      if (!(await stores.enrolments.confirm(tokenHash, now))) return null;
      const hashes = recoveryCodes.map((code) => ports.secrets.digest(foldRecoveryCode(code) ?? code));
      await stores.recoveryCodes.insert(enrolment.userId, hashes);
      const entry = { action: 'confirmTotp', target: enrolment.userId, outcome: 'OK', actor: enrolment.userId };
      await stores.audit.write(auditEntry(call, entry));
      return stores.users.activate(enrolment.userId, enrolment.totpSecret, step);
    });
    if (user === null) return err(expired);
    await faultpoint('identity.confirmTotp.afterCommit');
    return ok({ user, recoveryCodes });
  };

const expired = refused(
  'ENROLMENT_EXPIRED',
  'The enrolment is unknown, finished or older than an hour. Register again.',
);
