import { idempotencyScope, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { endsAfterRotation, isKeepTime } from '../domain/serviceAccount.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports, Stores } from './ports.js';
import { findByKey, type ShownSecret } from './shownSecret.js';

/** Input of `rotateServiceAccountSecret`. */
interface RotateServiceAccountSecretInput {
  readonly idempotencyKey: string;
  readonly serviceAccountId: string;
  /** How long the present secret goes on; null: until it is withdrawn, or replaced once more. */
  readonly keepPreviousSeconds?: number | null | undefined;
}

/**
 * For operators: gives a service account a fresh secret, shown this once. The one before goes on for as long as is said,
 * so that a program can be moved to the fresh one without an interruption; one still before it ends now. Tokens that
 * were got with a secret live on for their ten minutes; disabling the account ends them.
 * Refusals: INVALID_INPUT (keepPreviousSeconds), SERVICE_ACCOUNT_DISABLED, IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const rotateServiceAccountSecret =
  (ports: Ports) =>
  async (input: RotateServiceAccountSecretInput, call: Call): Promise<Result<ShownSecret, Refusal>> => {
    const operator = requireOperator(call.viewer);
    const { idempotencyKey: key, serviceAccountId: id } = input;
    const keepSeconds = input.keepPreviousSeconds ?? null;
    if (!isId('serviceAccount', id)) throw notFound('service account');
    const operation = 'rotateServiceAccountSecret';
    await faultpoint('identity.rotateServiceAccountSecret.beforeCommit');
    const rotated = await ports.database.transaction((stores) =>
      stores.once<ShownSecret>(
        { scope: idempotencyScope(operator), key, operation, input },
        async () => {
          const serviceAccount = await stores.serviceAccounts.lock(id);
          if (serviceAccount === null) throw notFound('service account');
          if (keepSeconds !== null && !isKeepTime(keepSeconds)) {
            const message = `keepPreviousSeconds is 0 to ${identityLimits.previousSecretSecondsMax}.`;
            return err(invalidInput(['keepPreviousSeconds'], message));
          }
          if (serviceAccount.disabledAt !== null) {
            return err(refused('SERVICE_ACCOUNT_DISABLED', 'The service account is disabled. Make another.'));
          }
          const clientSecret = ports.secrets.newToken('tgs');
          await replaceSecret(stores, id, ports.secrets.digest(clientSecret), keepSeconds, ports.clock.now());
          const entry = { action: operation, target: id, outcome: 'OK', detail: { keepSeconds } };
          await stores.audit.write(auditEntry(call, entry));
          return ok({ serviceAccount, clientSecret });
        },
        findByKey(stores),
      ),
    );
    await faultpoint('identity.rotateServiceAccountSecret.afterCommit');
    return rotated;
  };

async function replaceSecret(
  { serviceAccounts }: Stores,
  id: string,
  fresh: Uint8Array,
  keepSeconds: number | null,
  now: Date,
): Promise<void> {
  const live = await serviceAccounts.liveSecrets(id, now);
  const ends = endsAfterRotation(live, keepSeconds, now);
  for (const [position, { number }] of live.entries()) {
    await serviceAccounts.endSecret(id, number, ends[position] ?? null);
  }
  await serviceAccounts.addSecret(id, fresh, now);
}
