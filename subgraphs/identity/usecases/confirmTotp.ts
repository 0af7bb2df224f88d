import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import type { User } from '../domain/user.js';
import { addRecoveryCodes } from './addRecoveryCodes.js';
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
  /** Null where a factor was replaced: the codes stay as they are. */
  readonly recoveryCodes: readonly string[] | null;
}

/**
 * Ends an enrolment: a registration's person becomes ACTIVE, a replaced factor ends. The code's step counts as spent, so
 * that the code shown here, perhaps over somebody's shoulder, does not also log in. The token is the secret here: who has
 * it knows the factor's secret, so that wrong codes need no throttling.
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
    await faultpoint('identity.confirmTotp.beforeCommit');
    const confirmed = await ports.database.transaction(async (stores) => {
      const { userId, totpSecret, replaces } = enrolment;
      // What voids an enrolment holds the person first as well.
      await stores.users.lockCredentials(userId);
      if (!(await stores.enrolments.confirm(tokenHash, now))) return null;
      const entry = { action: 'confirmTotp', target: userId, outcome: 'OK', actor: userId, detail: { replaces } };
      await stores.audit.write(auditEntry(call, entry));
      if (replaces) return { user: await stores.users.replaceFactor(userId, totpSecret, step), recoveryCodes: null };
      const recoveryCodes = await addRecoveryCodes(ports, stores, userId);
      return { user: await stores.users.activate(userId, totpSecret, step), recoveryCodes };
    });
    if (confirmed === null) return err(expired);
    await faultpoint('identity.confirmTotp.afterCommit');
    return ok(confirmed);
  };

const expired = refused(
  'ENROLMENT_EXPIRED',
  'The enrolment is unknown, finished or older than an hour. Begin it again.',
);
