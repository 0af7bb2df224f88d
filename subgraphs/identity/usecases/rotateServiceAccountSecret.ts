import { idempotencyScope, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { findByKey, type ShownSecret } from './shownSecret.js';

/** Input of `rotateServiceAccountSecret`. */
interface RotateServiceAccountSecretInput {
  readonly idempotencyKey: string;
  readonly serviceAccountId: string;
}

/**
 * For operators: gives a service account a fresh secret, shown this once; the one before is refused from now on. Tokens
 * that it got live on for their ten minutes; disabling ends them.
 * Refusals: SERVICE_ACCOUNT_DISABLED, IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const rotateServiceAccountSecret =
  (ports: Ports) =>
  async (input: RotateServiceAccountSecretInput, call: Call): Promise<Result<ShownSecret, Refusal>> => {
    const operator = requireOperator(call.viewer);
    const { idempotencyKey: key, serviceAccountId: id } = input;
    if (!isId('serviceAccount', id)) throw notFound('service account');
    const operation = 'rotateServiceAccountSecret';
    await faultpoint('identity.rotateServiceAccountSecret.beforeCommit');
    const rotated = await ports.database.transaction((stores) =>
      stores.once<ShownSecret>(
        { scope: idempotencyScope(operator), key, operation, input },
        async () => {
          const found = await stores.serviceAccounts.credentialsOf(id);
          if (found === null) throw notFound('service account');
          if (found.serviceAccount.disabledAt !== null) {
            return err(refused('SERVICE_ACCOUNT_DISABLED', 'The service account is disabled. Make another.'));
          }
          const clientSecret = ports.secrets.newToken('tgs');
          await stores.serviceAccounts.replaceSecret(id, ports.secrets.digest(clientSecret));
          await stores.audit.write(auditEntry(call, { action: operation, target: id, outcome: 'OK' }));
          return ok({ serviceAccount: found.serviceAccount, clientSecret });
        },
        findByKey(stores),
      ),
    );
    await faultpoint('identity.rotateServiceAccountSecret.afterCommit');
    return rotated;
  };
